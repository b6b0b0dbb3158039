//! What the user looks at: everything that a link keeps. Lives in the fragment of the address, typed and versioned.

mod chosen;
mod looking;
mod view;

use analysis::findings::StatesPlace;
use analysis::lens::{Base, Filter, Granularity, Lens};
use analysis::link::{OtherVersion, encoded, fragment, upgraded};
use analysis::query::{FlameMode, SortKey};

use crate::file_entry::FileEntry;
use crate::states::Look;
pub(crate) use chosen::ChosenFiles;
pub(crate) use looking::Looking;
pub(crate) use view::{Tab, View};

/// Everything that a link keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ViewState {
    pub(crate) view: View,
    pub(crate) tab: Tab,
    pub(crate) sample_type: String,
    /// File names; empty is the first and the last snapshot, `-` is no base.
    pub(crate) base: String,
    pub(crate) current: String,
    pub(crate) filter: Filter,
    pub(crate) granularity: Granularity,
    pub(crate) no_inlines: bool,
    pub(crate) relative: bool,
    pub(crate) normalize: bool,
    pub(crate) drop_negative: bool,
    /// Selected node.
    pub(crate) selected: String,
    /// Selected finding.
    pub(crate) finding: usize,
    pub(crate) sort: SortKey,
    pub(crate) ascending: bool,
    pub(crate) search: String,
    pub(crate) mode: FlameMode,
    pub(crate) is_inverted: bool,
    pub(crate) is_flame: bool,
    /// Left and right edge of the flame graph.
    pub(crate) zoom: [f64; 2],
    /// The table of the timeline, empty for the drawing; and how it is looked at, in the words of the traces' worker.
    pub(crate) trace_tab: String,
    pub(crate) trace_view: String,
    /// How the life of pooled objects is looked at.
    pub(crate) states: Look,
    /// What pages that the engine makes are looked at with, in their own words; by [`PAGE_KEYS`].
    pub(crate) page: [String; PAGE_KEYS.len()],
    /// Files to fetch, as the address has them: `&url=…&hash=…`.
    pub(crate) remote: String,
}

/// Keys of the address that pages made by the engine read: a page within a view, sorting, what is picked, thresholds that
/// were changed, clocks set by hand, files marked as two groups, notes, and the files that all this is about.
pub(crate) const PAGE_KEYS: [&str; 8] = ["page", "by", "pick", "th", "off", "grp", "notes", "files"];

impl Default for ViewState {
    fn default() -> Self {
        Self {
            view: View::Findings,
            tab: Tab::Table,
            sample_type: String::new(),
            base: String::new(),
            current: String::new(),
            filter: Filter::default(),
            granularity: Granularity::Functions,
            no_inlines: false,
            relative: false,
            normalize: false,
            drop_negative: false,
            selected: String::new(),
            finding: 0,
            sort: SortKey::Flat,
            ascending: false,
            search: String::new(),
            mode: FlameMode::Kept,
            is_inverted: false,
            is_flame: false,
            zoom: [0.0, 1.0],
            trace_tab: String::new(),
            trace_view: String::new(),
            states: Look::default(),
            page: Default::default(),
            remote: String::new(),
        }
    }
}

/// Granularities by pprof's names.
pub(crate) const GRANULARITIES: [(Granularity, &str); 5] = [
    (Granularity::Functions, "functions"),
    (Granularity::FileFunctions, "filefunctions"),
    (Granularity::Files, "files"),
    (Granularity::Lines, "lines"),
    (Granularity::Addresses, "addresses"),
];
const MODES: [(FlameMode, &str); 3] =
    [(FlameMode::Kept, "kept"), (FlameMode::Value, "value"), (FlameMode::Change, "change")];
const SORTS: [(SortKey, &str); 6] = [
    (SortKey::Name, "name"),
    (SortKey::Flat, "flat"),
    (SortKey::Cum, "cum"),
    (SortKey::Delta, "delta"),
    (SortKey::Survival, "survival"),
    (SortKey::Size, "size"),
];

fn name_of<T: PartialEq + Copy>(all: &[(T, &'static str)], value: T) -> &'static str {
    all.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn named<T: Copy>(all: &[(T, &'static str)], name: &str) -> Option<T> {
    all.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

impl ViewState {
    /// As a fragment; what is as at first is left out.
    pub(crate) fn to_fragment(&self) -> String {
        let plain = Self::default();
        let unless = |is_plain: bool, text: String| if is_plain { String::new() } else { text };
        let flag = |on: bool| unless(!on, "1".to_owned());
        let sort = match self.sort {
            SortKey::Type(column) => format!("type{column}"),
            sort => unless(sort == plain.sort, name_of(&SORTS, sort).to_owned()),
        };
        let pairs = [
            ("view", self.view.key().to_owned()),
            ("tab", unless(self.tab == plain.tab, self.tab.key().to_owned())),
            ("type", self.sample_type.clone()),
            ("base", self.base.clone()),
            ("cur", self.current.clone()),
            ("focus", self.filter.focus.clone()),
            ("ignore", self.filter.ignore.clone()),
            ("hide", self.filter.hide.clone()),
            ("show", self.filter.show.clone()),
            ("show_from", self.filter.show_from.clone()),
            ("tagfocus", self.filter.tagfocus.clone()),
            ("tagignore", self.filter.tagignore.clone()),
            (
                "gran",
                unless(self.granularity == plain.granularity, name_of(&GRANULARITIES, self.granularity).to_owned()),
            ),
            ("noinlines", flag(self.no_inlines)),
            ("relative", flag(self.relative)),
            ("normalize", flag(self.normalize)),
            ("dropneg", flag(self.drop_negative)),
            ("sel", self.selected.clone()),
            ("finding", unless(self.finding == 0, self.finding.to_string())),
            ("sort", sort),
            ("asc", flag(self.ascending)),
            ("q", self.search.clone()),
            ("mode", unless(self.mode == plain.mode, name_of(&MODES, self.mode).to_owned())),
            ("inv", flag(self.is_inverted)),
            ("up", flag(self.is_flame)),
            ("zoom", unless(self.zoom == plain.zoom, zoom_text(self.zoom))),
            ("lanes", self.trace_tab.clone()),
            ("at", self.trace_view.clone()),
        ];
        let page = PAGE_KEYS.into_iter().zip(self.page.iter().cloned());
        let is_own = |(key, _): &(&str, String)| *key != "pick" || self.view == View::States;
        fragment(pairs.into_iter().chain(self.states.pairs().into_iter().filter(is_own)).chain(page)) + &self.remote
    }

    /// From a fragment; pairs that are not known are left alone, so that a later page's links open here as far as they can.
    pub(crate) fn from_fragment(text: &str) -> Result<Self, OtherVersion> {
        let mut state = Self::default();
        for (key, value) in upgraded(text)? {
            match key.as_str() {
                "view" => state.view = View::ALL.into_iter().find(|view| view.key() == value).unwrap_or_default(),
                "tab" => state.tab = Tab::ALL.into_iter().find(|tab| tab.key() == value).unwrap_or_default(),
                "type" => state.sample_type = value,
                "base" => state.base = value,
                "cur" => state.current = value,
                "focus" => state.filter.focus = value,
                "ignore" => state.filter.ignore = value,
                "hide" => state.filter.hide = value,
                "show" => state.filter.show = value,
                "show_from" => state.filter.show_from = value,
                "tagfocus" => state.filter.tagfocus = value,
                "tagignore" => state.filter.tagignore = value,
                "gran" => state.granularity = named(&GRANULARITIES, &value).unwrap_or_default(),
                "noinlines" => state.no_inlines = value == "1",
                "relative" => state.relative = value == "1",
                "normalize" => state.normalize = value == "1",
                "dropneg" => state.drop_negative = value == "1",
                "sel" => state.selected = value,
                "finding" => state.finding = value.parse().unwrap_or(0),
                "sort" => state.sort = sort_named(&value),
                "asc" => state.ascending = value == "1",
                "q" => state.search = value,
                "mode" => state.mode = named(&MODES, &value).unwrap_or(FlameMode::Kept),
                "inv" => state.is_inverted = value == "1",
                "up" => state.is_flame = value == "1",
                "url" | "hash" => state.remote.push_str(&format!("&{key}={}", encoded(&value))),
                "lanes" => state.trace_tab = value,
                "at" => state.trace_view = value,
                "zoom" => state.zoom = zoom_from(&value).unwrap_or([0.0, 1.0]),
                other => match PAGE_KEYS.iter().position(|&known| known == other) {
                    Some(at) => state.page[at] = value,
                    None => state.states.take(other, &value),
                },
            }
        }
        // A pick is of the view: in the States view it is a state or an edge.
        if state.view == View::States
            && let Some(pick) = state.page_value("pick").map(std::mem::take)
        {
            state.states.take("pick", &pick);
        }
        // Links of the command name a place in the States view as what is selected there.
        if state.view == View::States && !state.selected.is_empty() && state.states == Look::default() {
            state.states = Look::at(&StatesPlace::parse(&state.selected), &state.current);
            state.selected.clear();
            state.current.clear();
        }
        Ok(state)
    }

    /// To another view; what is looked at within this one is left.
    pub(crate) fn go(&mut self, view: View) {
        self.view = view;
        for key in ["page", "by", "pick"] {
            if let Some(value) = self.page_value(key) {
                value.clear();
            }
        }
    }

    /// The value of one of [`PAGE_KEYS`].
    pub(crate) fn page_value(&mut self, key: &str) -> Option<&mut String> {
        let at = PAGE_KEYS.iter().position(|&known| known == key)?;
        self.page.get_mut(at)
    }

    /// The files that all this is about (`analysis::linked`).
    pub(crate) fn files(&self) -> &str {
        self.page.last().map_or("", String::as_str)
    }

    /// Whether a note is pinned there (`analysis::note_list::key`).
    pub(crate) fn has_note(&self, pin: &str) -> bool {
        !self.notes().is_empty() && analysis::link::entries(self.notes()).any(|(on, _)| on == pin)
    }

    /// Notes, as the address has them.
    pub(crate) fn notes(&self) -> &str {
        self.page.get(6).map_or("", String::as_str)
    }

    /// Thresholds that were changed.
    pub(crate) fn moved_lines(&self) -> &str {
        self.page.get(3).map_or("", String::as_str)
    }

    /// Clocks that were set by hand.
    pub(crate) fn moved_clocks(&self) -> &str {
        self.page.get(4).map_or("", String::as_str)
    }

    /// The page within the view, empty for the view's own.
    pub(crate) fn sub_page(&self) -> &str {
        self.page.first().map_or("", String::as_str)
    }

    /// Whether the script that collects dumps is looked at, which needs no file.
    pub(crate) fn is_capture(&self) -> bool {
        self.view == View::Files && self.sub_page() == "capture"
    }

    /// To the flame graph of a profile that was just made: nothing of what was looked at before applies.
    pub(crate) fn open_profile(&mut self, name: String) {
        (self.view, self.tab, self.current) = (View::Heap, Tab::Flame, name);
        for text in [&mut self.base, &mut self.sample_type, &mut self.selected, &mut self.search] {
            text.clear();
        }
        self.zoom = [0.0, 1.0];
    }

    /// What the engine is asked to look through.
    pub(crate) fn lens(&self, files: &[FileEntry]) -> Lens {
        let chosen = self.chosen_files(files);
        Lens {
            sample_type: (!self.sample_type.is_empty()).then(|| self.sample_type.clone()),
            current: chosen.current.and_then(|file| file.id),
            base: chosen.base.and_then(|file| file.id).map_or(Base::None, Base::Base),
            filter: self.filter.clone(),
            granularity: self.granularity,
            no_inlines: self.no_inlines,
            normalize: self.normalize,
            drop_negative: self.drop_negative,
            relative_percentages: self.relative,
        }
    }
}

fn sort_named(name: &str) -> SortKey {
    let column = name.strip_prefix("type").and_then(|column| column.parse().ok());
    column.map(SortKey::Type).or_else(|| named(&SORTS, name)).unwrap_or_default()
}

/// The zoom in a link: whole parts of this, because Rust's parser of decimal fractions brings 15 KB into the page.
const ZOOM_PARTS: f64 = 1e12;

fn zoom_text([left, right]: [f64; 2]) -> String {
    format!("{},{}", (left * ZOOM_PARTS) as u64, (right * ZOOM_PARTS) as u64)
}

fn zoom_from(text: &str) -> Option<[f64; 2]> {
    let (left, right) = text.split_once(',')?;
    let part = |text: &str| Some(text.parse::<u64>().ok()? as f64 / ZOOM_PARTS);
    let (left, right) = (part(left)?, part(right)?);
    (left < right && right <= 1.0).then_some([left, right])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    /// One file for each version of links that there was, with a link for each view.
    #[test]
    fn links_of_every_version_open() {
        const NEWEST: &str = include_str!("../../../fixtures/links/v1.txt");
        let (mut views, mut count) = (Vec::new(), 0);
        for line in NEWEST.lines() {
            let state = ViewState::from_fragment(line).expect("it is of a version that there was");
            // The newest are written as they are read.
            assert_eq!(state.to_fragment(), line);
            if !views.contains(&state.view) {
                views.push(state.view);
            }
            count += 1;
        }
        assert_eq!(views.len(), View::ALL.len());
        assert!(count > 10);
        // What links of the command say, as the page says it.
        let command = ViewState::from_fragment("#v=1&view=states&sel=orders&cur=orders.pooltrace");
        assert_eq!(command.map(|state| state.states.pool), Ok("orders.pooltrace/orders".to_owned()));
    }

    #[test]
    fn a_state_comes_back_from_its_fragment() {
        let plain = ViewState::default();
        assert_eq!(plain.to_fragment(), "#v=1&view=findings");
        assert_eq!(ViewState::from_fragment("#v=1&view=findings"), Ok(plain.clone()));
        let full = ViewState {
            view: View::Heap,
            tab: Tab::Flame,
            sample_type: "inuse_space".to_owned(),
            base: "heap.0.pb.gz".to_owned(),
            filter: Filter {
                focus: "main\\.(a|b)&c=#d".to_owned(),
                tagfocus: "bytes=1kb:".to_owned(),
                ..Filter::default()
            },
            granularity: Granularity::Lines,
            no_inlines: true,
            relative: true,
            normalize: true,
            drop_negative: true,
            selected: "main.(*T).f /a b/c.go:3".to_owned(),
            sort: SortKey::Type(2),
            ascending: true,
            mode: FlameMode::Change,
            zoom: [0.25, 0.5],
            ..plain
        };
        assert_eq!(ViewState::from_fragment(&full.to_fragment()), Ok(full));
    }

    #[test]
    fn another_version_is_told_and_nonsense_is_harmless() {
        assert_eq!(ViewState::from_fragment("#v=9&view=heap"), Err(OtherVersion("9".to_owned())));
        let state = ViewState::from_fragment("#v=1&zoom=2,1&sort=typeX&view=nope&%ZZ=%").unwrap_or_default();
        assert_eq!(state, ViewState::default());
    }
}
