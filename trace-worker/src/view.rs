//! What is looked at: all that a link keeps of the timeline.

use std::collections::BTreeSet;

use analysis::timeline::Window;

/// How the timeline is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) window: Window,
    /// What is being measured.
    pub(crate) selection: Option<Window>,
    /// Ranges that were committed, each within the one before.
    pub(crate) ranges: Vec<Window>,
    pub(crate) scroll_px: f64,
    /// Groups of lanes that are not as they are at first.
    pub(crate) turned: BTreeSet<String>,
    /// The goroutine that is picked, by its row.
    pub(crate) picked: Option<u32>,
    /// Unix time less trace time, where it is set by hand.
    pub(crate) offset_nanos: Option<i64>,
}

impl View {
    /// All of `bounds`.
    pub(crate) fn all(bounds: Window) -> Self {
        Self {
            window: bounds,
            selection: None,
            ranges: Vec::new(),
            scroll_px: 0.0,
            turned: BTreeSet::new(),
            picked: None,
            offset_nanos: None,
        }
    }

    /// What tables and counts are about: the selection, else the range, else everything.
    pub(crate) fn scope(&self, bounds: Window) -> Window {
        self.selection.or(self.ranges.last().copied()).unwrap_or(bounds)
    }

    /// As text for an address; times count from the start of `bounds`.
    pub(crate) fn to_text(&self, bounds: Window) -> String {
        let mut parts = Vec::new();
        let times = |window: Window| format!("{}-{}", window.start - bounds.start, window.end - bounds.start);
        if self.window != bounds {
            parts.push(format!("w{}", times(self.window)));
        }
        parts.extend(self.ranges.iter().map(|&range| format!("r{}", times(range))));
        parts.extend(self.selection.map(|selection| format!("s{}", times(selection))));
        if self.scroll_px >= 1.0 {
            parts.push(format!("y{}", self.scroll_px as u64));
        }
        parts.extend(self.picked.map(|row| format!("g{row}")));
        parts.extend(self.offset_nanos.map(|offset| format!("o{offset}")));
        parts.extend(self.turned.iter().map(|group| format!("t{}", group.replace(';', ","))));
        parts.join(";")
    }

    /// From such text; what is not understood is left out.
    pub(crate) fn from_text(text: &str, bounds: Window) -> Self {
        let mut view = Self::all(bounds);
        for part in text.split(';') {
            let Some((sort, rest)) = part.split_at_checked(1) else { continue };
            let window = || {
                let (start, end) = rest.split_once('-')?;
                let (start, end) = (start.parse::<i64>().ok()?, end.parse::<i64>().ok()?);
                let window = Window::new(bounds.start.checked_add(start)?, bounds.start.checked_add(end)?);
                window.shared(bounds)
            };
            match sort {
                "w" => view.window = window().unwrap_or(bounds),
                "r" => view.ranges.extend(window()),
                "s" => view.selection = window(),
                "y" => view.scroll_px = rest.parse::<u32>().map_or(0.0, f64::from),
                "g" => view.picked = rest.parse().ok(),
                "o" => view.offset_nanos = rest.parse().ok(),
                "t" => {
                    view.turned.insert(rest.to_owned());
                }
                _ => {}
            }
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_comes_back_from_its_text() {
        let bounds = Window::new(1_000, 9_000);
        assert_eq!(View::all(bounds).to_text(bounds), "");
        let view = View {
            window: Window::new(2_000, 3_000),
            selection: Some(Window::new(2_100, 2_200)),
            ranges: vec![Window::new(1_500, 4_000), Window::new(2_000, 3_000)],
            scroll_px: 120.0,
            turned: ["main.worker".to_owned()].into(),
            picked: Some(7),
            offset_nanos: Some(-1_795_474_791_139_713_204),
        };
        assert_eq!(View::from_text(&view.to_text(bounds), bounds), view);
        assert_eq!(view.scope(bounds), Window::new(2_100, 2_200));
    }

    #[test]
    fn nonsense_is_harmless() {
        let bounds = Window::new(0, 100);
        assert_eq!(View::from_text("w9-;r5;x;é;sa-b;w-1-9999999999999999999", bounds), View::all(bounds));
    }
}
