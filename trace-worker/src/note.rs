//! Notes on stretches of a trace: where they are, and the row each stands in below the lanes.

use analysis::share::{Note, Pin};
use analysis::timeline::Window;

use crate::draw::Scene;
use crate::open::Open;

/// Rows of words at the bottom; what finds room in none is drawn without.
pub(crate) const ROWS: usize = 3;
/// The most that the words of a note take.
const MOST_PX: f64 = 220.0;

/// A note on a stretch of the trace that is shown.
pub(crate) struct Noted {
    pub(crate) window: Window,
    pub(crate) words: String,
}

/// Those of this trace, in time order. A note's times count from the trace's beginning, as those of a view do.
pub(crate) fn noted(notes: &[Note], open: &Open) -> Vec<Noted> {
    let start = open.bounds().start;
    let mut found: Vec<Noted> = notes
        .iter()
        .filter_map(|note| match &note.on {
            Pin::Range { file, from, to } if *file == open.name => {
                let window = Window::new(start.saturating_add(*from), start.saturating_add(*to));
                Some(Noted {
                    window,
                    words: format!("✎ {}", note.text.split_whitespace().collect::<Vec<_>>().join(" ")),
                })
            }
            _ => None,
        })
        .collect();
    found.sort_by_key(|noted| (noted.window.start, noted.window.end));
    found
}

/// The notes over a time, in words.
pub(crate) fn at(noted: &[Noted], time: i64) -> impl Iterator<Item = String> {
    noted
        .iter()
        .filter(move |noted| noted.window.start <= time && time < noted.window.end)
        .map(|noted| noted.words.clone())
}

/// Words of the notes in sight, with their row and from where to where they stand.
pub(crate) fn labels<'a>(noted: &'a [Noted], scene: &Scene<'_>) -> Vec<(&'a Noted, usize, f64, f64)> {
    let mut free_from = [f64::MIN; ROWS];
    let in_sight = noted.iter().filter(|noted| noted.window.meets(scene.window));
    in_sight
        .filter_map(|noted| {
            let wide = Scene::width_of(&noted.words).min(MOST_PX) + 12.0;
            let from = scene.x(noted.window.start).clamp(scene.left, (scene.right - wide).max(scene.left));
            let (row, free) = free_from.iter_mut().enumerate().find(|(_, free)| from >= **free)?;
            *free = from + wide + 4.0;
            Some((noted, row, from, from + wide))
        })
        .collect()
}
