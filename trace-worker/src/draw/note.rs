//! Notes on stretches of time: over the lanes with their words, and in the picture of the whole.

use analysis::timeline::Window;

use super::HEAD_PX;
use super::scene::Scene;
use crate::note::{Noted, labels};

/// Height of a row of words.
const ROW_PX: f64 = 18.0;

/// Where notes are, in the picture of the whole.
pub(super) fn mini(scene: &mut Scene<'_>, noted: &[Noted], bounds: Window) {
    let (left, right) = (scene.left, scene.right);
    let x = |time: i64| left + (right - left) * bounds.share_of(time).clamp(0.0, 1.0);
    for noted in noted.iter().filter(|noted| noted.window.meets(bounds)) {
        let from = x(noted.window.start);
        scene.rect((from, 0.0), (x(noted.window.end).max(from + 2.0), 2.0), "accent");
    }
}

/// Each note's stretch, faintly, and its words at the bottom, where nothing else stands.
pub(super) fn over(scene: &mut Scene<'_>, noted: &[Noted]) {
    let height = scene.height;
    let tint = scene.faint("accent", 0.05);
    let edge = scene.palette.get("accent-line");
    for noted in noted {
        if scene.stretch(noted.window, (HEAD_PX, height), 2.0, tint) {
            scene.stretch(noted.window, (HEAD_PX, HEAD_PX + 2.0), 2.0, edge);
        }
    }
    for (noted, row, from, to) in labels(noted, scene) {
        let top = height - ROW_PX * (row + 1) as f64;
        scene.cover((from, top), (to, top + ROW_PX - 2.0), "accent-bg");
        scene.rect((from, top), (from + 2.0, top + ROW_PX - 2.0), "accent");
        let words = scene.fitted(&noted.words, to - from - 10.0);
        scene.words(&words, from + 7.0, top + ROW_PX / 2.0 - 1.0, "ink", "left");
    }
}
