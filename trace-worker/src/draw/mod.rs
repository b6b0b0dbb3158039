//! Draws a frame: a picture of rectangles, and words over it.

mod collector;
mod counts;
mod goroutine;
mod kept;
mod lane;
mod note;
mod overlay;
mod pool;
mod scene;

use analysis::timeline::{Grid, Window, ruler};
use trace_worker::Screen;

use crate::lanes::{self, Head, Kind, Lane};
use crate::note::Noted;
use crate::open::Open;
use crate::palette::Palette;
use crate::pixmap::Pixmap;
use crate::view::View;
pub(crate) use kept::Kept;
pub(crate) use scene::{Scene, Text};

/// The picture of the whole trace on top.
pub(crate) const MINI_PX: f64 = 44.0;
/// Above the lanes: that picture and the ruler.
pub(crate) const HEAD_PX: f64 = MINI_PX + 22.0;
/// Room at the right edge.
const EDGE_PX: f64 = 12.0;

/// Where names of lanes stand.
pub(crate) fn gutter_px(width: f64) -> f64 {
    match width {
        width if width < 480.0 => 92.0,
        width if width < 720.0 => 124.0,
        _ => 164.0,
    }
}

/// From where to where times are drawn.
pub(crate) fn plot_px(width: f64) -> (f64, f64) {
    let left = gutter_px(width);
    (left, (width - EDGE_PX).max(left + 10.0))
}

/// What the pointer does to a frame.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pointer {
    pub(crate) at: Option<(f64, f64)>,
}

/// How a frame is to look.
pub(crate) struct Look<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) palette: &'a Palette,
    pub(crate) pointer: Pointer,
    pub(crate) noted: &'a [Noted],
}

/// Draws; gives the words.
pub(crate) fn frame(
    open: &Open,
    view: &View,
    shown: &[Lane],
    look: &Look<'_>,
    map: &mut Pixmap,
    kept: &mut Kept,
) -> Vec<Text> {
    let Look { screen, palette, pointer, noted } = *look;
    let device = |px: f64| (px * screen.ratio).round().max(0.0) as usize;
    map.clear(device(screen.width), device(screen.height), palette.get("bg"));
    let (left, right) = plot_px(screen.width);
    let bounds = open.bounds();
    let grid = Grid::new(view.window, bounds.start, ((right - left) * screen.ratio) as usize);
    let mut scene = Scene::new(map, kept, look, (left, right), grid, bounds.start);
    overlay::mini(&mut scene, open, view, bounds);
    note::mini(&mut scene, noted, bounds);
    time(&mut scene, view.window, bounds);
    scene.clip(HEAD_PX, screen.height);
    overlay::under(&mut scene, open, view);
    for lane in shown {
        let (top, bottom) = (HEAD_PX + lane.top - view.scroll_px, HEAD_PX + lane.top + lane.height - view.scroll_px);
        name(&mut scene, open, view, lane, top, bottom);
        lane::draw(&mut scene, open, view, lane.kind, (top, bottom), pointer);
    }
    if let Some(head) = lanes::stuck(open, view) {
        let bottom = HEAD_PX + lanes::ROW_PX;
        scene.cover((0.0, HEAD_PX), (screen.width, bottom), "bg-3");
        let lane = Lane { kind: Kind::Head(head), top: view.scroll_px, height: lanes::ROW_PX };
        name(&mut scene, open, view, &lane, HEAD_PX, bottom);
    }
    note::over(&mut scene, noted);
    overlay::over(&mut scene, open, view, shown, pointer);
    scene.texts
}

/// The ruler, and faint lines down from its ticks.
fn time(scene: &mut Scene<'_>, window: Window, bounds: Window) {
    let (left, right) = (scene.left, scene.right);
    let most = (((right - left) / 76.0) as usize).clamp(2, 24);
    let ruler = ruler(window, bounds.start, most);
    scene.rect((0.0, MINI_PX), (scene.width, MINI_PX + 1.0), "line");
    let middle = MINI_PX + 11.0;
    let label = if ruler.base.is_empty() { "Time".to_owned() } else { ruler.base.clone() };
    scene.words(&label, 12.0, middle, "ink-2", "left");
    scene.words(ruler.unit, left - 8.0, middle, "ink-3", "right");
    for (time, words) in &ruler.ticks {
        let x = scene.x(*time);
        if x < left || x > right {
            continue;
        }
        scene.rect((x, HEAD_PX), (x + 1.0, scene.height), "grid");
        scene.rect((x, HEAD_PX - 5.0), (x + 1.0, HEAD_PX), "line-2");
        scene.words(words, x.clamp(left + 8.0, right - 8.0), middle, "ink-3", "center");
    }
    scene.rect((0.0, HEAD_PX - 1.0), (scene.width, HEAD_PX), "line");
}

fn name(scene: &mut Scene<'_>, open: &Open, view: &View, lane: &Lane, top: f64, bottom: f64) {
    let is_picked = matches!(lane.kind, Kind::Goroutine(at) if view.picked == Some(at));
    if is_picked {
        scene.rect((0.0, top), (scene.left, bottom), "accent-bg");
        scene.rect((0.0, top), (2.0, bottom), "accent");
    }
    let is_row = lane.height <= lanes::ROW_PX;
    let is_head = matches!(lane.kind, Kind::Head(_));
    if !is_row || is_head {
        scene.rect((0.0, top), (scene.width, top + 1.0), "line");
    }
    let y = if lane.height > 34.0 { top + 14.0 } else { (top + bottom) / 2.0 };
    let (name, note) = lanes::words(open, lane.kind);
    let mark = match lane.kind {
        Kind::Head(head @ (Head::Regions | Head::Threads | Head::Group(_))) => {
            if lanes::is_open(open, view, head) {
                "▾ "
            } else {
                "▸ "
            }
        }
        _ => "",
    };
    // A head has the whole line to itself.
    let room = if is_head { scene.right - 16.0 } else { scene.left - 24.0 };
    // Where there is no room for both, the note is left out.
    let note = if Scene::width_of(&name) + Scene::width_of(&note) + 8.0 > room { String::new() } else { note };
    let words = scene.fitted(&format!("{mark}{name}"), room);
    scene.words(&words, 12.0, y, if is_head { "ink" } else { "ink-2" }, "left");
    if !note.is_empty() {
        scene.words(&note, scene.left - 8.0, y, "ink-3", "right");
    }
    scene.rect((scene.left - 1.0, top), (scene.left, bottom), "line");
}
