//! How states are looked at: what a link keeps of this view.

use analysis::findings::StatesPlace;
use analysis::lifecycle::State;

/// Pool, selection, window, moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Look {
    /// File and name of the pool, as `file/name`; empty is the most telling one, [`ALL`] all of them.
    pub(crate) pool: String,
    /// The state or the edge that is selected.
    pub(crate) pick: Pick,
    /// The number of the object that is selected.
    pub(crate) object: Option<u64>,
    /// First and last moment, in nanoseconds since the file's first event; `None` is all of it.
    pub(crate) window: Option<(i64, i64)>,
    /// The moment that is looked at; `None` is the window's end.
    pub(crate) moment: Option<i64>,
    /// Tables in place of drawings.
    pub(crate) is_table: bool,
}

/// The pool of all pools.
pub(crate) const ALL: &str = "*";

/// What is selected on the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Pick {
    #[default]
    Nothing,
    State(State),
    Edge(State, State),
}

/// A state as links and elements name it.
pub(super) fn key(state: State) -> String {
    state.name().to_ascii_lowercase()
}

pub(super) fn edge_key(from: State, to: State) -> String {
    format!("{}-{}", key(from), key(to))
}

fn state(text: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(text))
}

impl Pick {
    /// As in a link; empty for nothing.
    pub(crate) fn to_text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::State(state) => key(state),
            Self::Edge(from, to) => edge_key(from, to),
        }
    }

    /// What is not known selects nothing.
    pub(crate) fn from_text(text: &str) -> Self {
        match text.split_once('-') {
            Some((from, to)) => state(from).zip(state(to)).map_or(Self::Nothing, |(from, to)| Self::Edge(from, to)),
            None => state(text).map_or(Self::Nothing, Self::State),
        }
    }
}

impl Look {
    /// The pairs of a link; those as at first are empty.
    pub(crate) fn pairs(&self) -> [(&'static str, String); 6] {
        let number = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
        [
            ("pool", self.pool.clone()),
            ("pick", self.pick.to_text()),
            ("object", self.object.map_or(String::new(), |number| number.to_string())),
            ("window", self.window.map_or(String::new(), |(from, to)| format!("{from},{to}"))),
            ("moment", number(self.moment)),
            ("twin", if self.is_table { "1" } else { "" }.to_owned()),
        ]
    }

    /// Takes a pair of a link, if it is one of these.
    pub(crate) fn take(&mut self, key: &str, value: &str) {
        match key {
            "pool" => value.clone_into(&mut self.pool),
            "pick" => self.pick = Pick::from_text(value),
            "object" => self.object = value.parse().ok(),
            "window" => {
                let bounds = value.split_once(',').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
                self.window = bounds.filter(|(from, to): &(i64, i64)| from < to);
            }
            "moment" => self.moment = value.parse().ok(),
            "twin" => self.is_table = value == "1",
            _ => {}
        }
    }

    /// Where evidence and links of the command lead: a pool of a file, perhaps an object of it and a moment.
    pub(crate) fn at(place: &StatesPlace, file: &str) -> Self {
        let pool = if file.is_empty() { place.pool.clone() } else { format!("{file}/{}", place.pool) };
        Self { pool, object: place.object, moment: place.time, ..Self::default() }
    }

    /// Another pool: what was selected in this one means nothing there.
    pub(crate) fn turn_to(&mut self, pool: String) {
        *self = Self { pool, is_table: self.is_table, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_back_from_its_pairs() {
        let look = Look {
            pool: "orders.pooltrace/orders".to_owned(),
            pick: Pick::Edge(State::Returned, State::Active),
            object: Some(12),
            window: Some((-5, 70)),
            moment: Some(60),
            is_table: true,
        };
        let mut back = Look::default();
        look.pairs().iter().for_each(|(key, value)| back.take(key, value));
        assert_eq!(back, look);
    }

    #[test]
    fn nonsense_is_harmless() {
        let mut look = Look::default();
        for (key, value) in [("pick", "idle-nowhere"), ("window", "7,3"), ("window", "a"), ("object", "-1")] {
            look.take(key, value);
        }
        assert_eq!(look, Look::default());
    }
}
