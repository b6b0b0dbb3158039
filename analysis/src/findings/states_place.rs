//! A place in the States view, as evidence and links name it: `orders`, `orders#912`, `orders#912@5057000000`.

use core::fmt;

/// A pool, perhaps one of its objects, perhaps a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatesPlace {
    /// The pool's name.
    pub pool: String,
    /// The object's number.
    pub object: Option<u64>,
    /// Nanoseconds since the file's first event.
    pub time: Option<i64>,
}

impl StatesPlace {
    /// Reads what [`Display`](fmt::Display) writes. Any text is a place: what is no object and no moment is the name.
    pub fn parse(text: &str) -> Self {
        let (rest, time) = split(text, '@');
        let (pool, object) = split(rest, '#');
        Self { pool: pool.to_owned(), object, time }
    }
}

fn split<T: core::str::FromStr>(text: &str, mark: char) -> (&str, Option<T>) {
    match text.rsplit_once(mark).and_then(|(rest, number)| Some((rest, number.parse().ok()?))) {
        Some((rest, number)) => (rest, Some(number)),
        None => (text, None),
    }
}

impl fmt::Display for StatesPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pool)?;
        if let Some(object) = self.object {
            write!(f, "#{object}")?;
        }
        if let Some(time) = self.time {
            write!(f, "@{time}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back() {
        for (object, time) in [(None, None), (Some(7), None), (None, Some(-3)), (Some(7), Some(5_057_000_000))] {
            for pool in ["orders", "replies/256", "a#b", "m@il"] {
                let place = StatesPlace { pool: pool.to_owned(), object, time };
                assert_eq!(StatesPlace::parse(&place.to_string()), place);
            }
        }
    }
}
