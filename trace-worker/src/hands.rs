//! Wheel, pointers and keys move the view.

use analysis::timeline::{LaneState, StopKind, Window};
use trace_worker::{Command, Go, Input, Jump};

use crate::draw::{HEAD_PX, MINI_PX, plot_px};
use crate::lanes::{self, Kind};
use crate::open::Open;
use crate::view::View;

/// Less than this is a click.
const CLICK_PX: f64 = 4.0;
/// A turn of the wheel by so much makes the window e times as long.
const WHEEL_PX: f64 = 400.0;

/// What hands are doing.
#[derive(Default)]
pub(crate) struct Hands {
    /// Pointers that are down.
    down: Vec<(i32, f64, f64)>,
    drag: Option<Drag>,
    pub(crate) pointer: Option<(f64, f64)>,
}

#[derive(Clone, Copy)]
enum Drag {
    Lanes { x: f64, y: f64, window: Window, scroll: f64, is_click: bool },
    Select { from: i64 },
    Mini { grab: i64 },
    Pinch { apart: f64, share: f64, window: Window },
}

/// What is needed beside the view.
pub(crate) struct Place<'a> {
    pub(crate) open: &'a mut Open,
    pub(crate) view: &'a mut View,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Place<'_> {
    fn share(&self, x: f64) -> f64 {
        let (left, right) = plot_px(self.width);
        (x - left) / (right - left)
    }

    fn time(&self, x: f64) -> i64 {
        self.view.window.time_at(self.share(x).clamp(0.0, 1.0))
    }

    fn lanes_px(&self) -> f64 {
        (self.height - HEAD_PX).max(1.0)
    }

    fn scroll_to(&mut self, px: f64) {
        let (_, height) = lanes::in_sight(self.open, self.view, 0.0, 0.0);
        self.view.scroll_px = px.clamp(0.0, (height - self.lanes_px() + 24.0).max(0.0));
    }
}

impl Hands {
    /// Whether a selection is being drawn.
    pub(crate) fn is_selecting(&self) -> bool {
        matches!(self.drag, Some(Drag::Select { .. }))
    }

    pub(crate) fn take(&mut self, input: Input, mut place: Place<'_>) {
        let bounds = place.open.bounds();
        match input {
            Input::Wheel { x, dx, dy, is_shift, .. } => {
                let (left, right) = plot_px(place.width);
                if dx.abs() > dy.abs() {
                    place.view.window = place.view.window.moved(dx / (right - left), bounds);
                } else if is_shift || x < left {
                    place.scroll_to(place.view.scroll_px + dy);
                } else {
                    let share = place.share(x).clamp(0.0, 1.0);
                    place.view.window = place.view.window.zoomed(share, (dy / WHEEL_PX).exp(), bounds);
                }
            }
            Input::Down { id, x, y, is_shift } => self.down(id, (x, y), is_shift, &place),
            Input::Move { id, x, y } => self.moved(id, (x, y), &mut place),
            Input::Up { id } => {
                if let Some(Drag::Lanes { x, y, is_click: true, .. }) = self.drag {
                    click(x, y, &mut place);
                }
                // A selection too short to see was a click on the ruler.
                let is_dot = place.view.selection.is_some_and(|s| s.nanos() < place.view.window.nanos() / 400);
                if matches!(self.drag, Some(Drag::Select { .. })) && is_dot {
                    place.view.selection = None;
                }
                self.down.retain(|pointer| pointer.0 != id);
                self.drag = None;
            }
            Input::Leave => self.pointer = None,
            Input::Do(command) => self.command(command, &mut place),
        }
    }

    fn down(&mut self, id: i32, (x, y): (f64, f64), is_shift: bool, place: &Place<'_>) {
        self.down.retain(|pointer| pointer.0 != id);
        self.down.push((id, x, y));
        self.pointer = Some((x, y));
        if let [(_, one, _), (_, other, _)] = self.down.as_slice() {
            let share = place.share((one + other) / 2.0).clamp(0.0, 1.0);
            self.drag = Some(Drag::Pinch { apart: (one - other).abs().max(20.0), share, window: place.view.window });
            return;
        }
        let (left, right) = plot_px(place.width);
        let (window, scroll) = (place.view.window, place.view.scroll_px);
        self.drag = Some(match () {
            () if y < MINI_PX && x >= left => {
                let time = place.open.bounds().time_at((x - left) / (right - left));
                let is_inside = window.start <= time && time < window.end;
                Drag::Mini { grab: if is_inside { time - window.start } else { window.nanos() / 2 } }
            }
            () if x >= left && (is_shift || y < HEAD_PX) => Drag::Select { from: place.time(x) },
            () => Drag::Lanes { x, y, window, scroll, is_click: true },
        });
    }

    fn moved(&mut self, id: i32, (x, y): (f64, f64), place: &mut Place<'_>) {
        self.pointer = Some((x, y));
        if let Some(pointer) = self.down.iter_mut().find(|pointer| pointer.0 == id) {
            (pointer.1, pointer.2) = (x, y);
        }
        let bounds = place.open.bounds();
        let (left, right) = plot_px(place.width);
        match &mut self.drag {
            None => {}
            Some(Drag::Mini { grab }) => {
                let time = bounds.time_at((x - left) / (right - left));
                let window = place.view.window;
                place.view.window = Window::new(time - *grab, time - *grab + window.nanos()).inside(bounds);
            }
            Some(Drag::Select { from }) => {
                let from = *from;
                place.view.selection = Window::new(from, place.time(x)).shared(bounds);
            }
            Some(Drag::Lanes { x: from_x, y: from_y, window, scroll, is_click }) => {
                if (x - *from_x).abs() > CLICK_PX || (y - *from_y).abs() > CLICK_PX {
                    *is_click = false;
                }
                if !*is_click {
                    let (window, to) = (*window, *scroll - (y - *from_y));
                    place.view.window = window.moved((*from_x - x) / (right - left), bounds);
                    place.scroll_to(to);
                }
            }
            Some(Drag::Pinch { apart, share, window }) => {
                if let [(_, one, _), (_, other, _)] = self.down.as_slice() {
                    let now = (one - other).abs().max(20.0);
                    place.view.window = window.zoomed(*share, *apart / now, bounds);
                }
            }
        }
    }

    fn command(&mut self, command: Command, place: &mut Place<'_>) {
        let bounds = place.open.bounds();
        match command {
            Command::Zoom(factor) => {
                let share = self.pointer.map_or(0.5, |(x, _)| place.share(x)).clamp(0.0, 1.0);
                place.view.window = place.view.window.zoomed(share, factor, bounds);
            }
            Command::Pan(shares) => place.view.window = place.view.window.moved(shares, bounds),
            Command::Scroll(px) => place.scroll_to(place.view.scroll_px + px),
            Command::All => place.view.window = place.view.ranges.last().copied().unwrap_or(bounds),
            Command::Commit => {
                if let Some(selection) = place.view.selection.take() {
                    place.view.ranges.push(selection);
                    place.view.window = selection.inside(bounds);
                }
            }
            Command::Back => {
                place.view.ranges.pop();
                place.view.window = place.view.ranges.last().copied().unwrap_or(bounds);
            }
            Command::Clear => (place.view.selection, place.view.picked) = (None, None),
            Command::Jump(what, is_forward) => jump(what, is_forward, place),
            // The stage knows which pin is looked at.
            Command::Pin(_) => {}
            Command::Waker => {
                let time = place.view.selection.map_or(place.view.window.time_at(0.5), |selection| selection.end);
                let found = place.view.picked.and_then(|at| place.open.waker(place.open.goroutine(at)?, time));
                if let Some((waker, woken, ran)) = found {
                    let height = place.lanes_px();
                    place.view.picked = Some(waker.index() as u32);
                    place.view.selection = Window::new(woken, ran.min(woken + 1)).shared(bounds);
                    see(place.view, woken, woken + 1, bounds);
                    lanes::reveal(place.open, place.view, waker.index() as u32, height);
                }
            }
            Command::Stop => {
                if let Some(search) = &mut place.open.search {
                    search.stop();
                }
            }
            Command::Go(Go { select, goroutine }) => {
                if let Some(select) = select.and_then(|select| select.shared(bounds)) {
                    place.view.selection = Some(select);
                    see(place.view, select.start, select.end, bounds);
                }
                if let Some(goroutine) = goroutine {
                    let height = place.lanes_px();
                    place.view.picked = Some(goroutine);
                    place.open.group();
                    lanes::reveal(place.open, place.view, goroutine, height);
                }
            }
        }
    }
}

/// Moves and zooms so that a stretch is seen, and wide enough to be looked at.
fn see(view: &mut View, start: i64, end: i64, bounds: Window) {
    let nanos = end.saturating_sub(start).max(1);
    let most = nanos.saturating_mul(40).max(2_000);
    let wide = view.window.nanos().clamp(nanos.saturating_mul(2).min(bounds.nanos()), most.max(nanos * 2)).max(1);
    let from = start.saturating_add(nanos / 2).saturating_sub(wide / 2);
    view.window = Window::new(from, from.saturating_add(wide)).inside(bounds);
}

/// To the next or the previous of a kind, from the selection or the middle of the window.
fn jump(what: Jump, is_forward: bool, place: &mut Place<'_>) {
    let bounds = place.open.bounds();
    let from = place.view.selection.map_or(
        if place.view.window == bounds && is_forward { bounds.start } else { place.view.window.time_at(0.5) },
        |selection| selection.start,
    );
    let slow = place.open.slow_get_nanos();
    let (_, survey) = place.open.front();
    let mut found: Vec<(i64, i64)> = match what {
        Jump::Stop => survey.collector.stops.iter().map(|stop| (stop.begin, stop.end)).collect(),
        Jump::Purge => {
            let stops = survey.collector.stops.iter();
            stops.filter(|stop| stop.kind == StopKind::Purge).map(|stop| (stop.begin, stop.end)).collect()
        }
        Jump::SlowGet => place.open.survey.gets().into_iter().filter(|(begin, end)| end - begin >= slow).collect(),
    };
    found.sort_unstable();
    let next = if is_forward {
        found.get(found.partition_point(|&(begin, _)| begin <= from))
    } else {
        found.partition_point(|&(begin, _)| begin < from).checked_sub(1).and_then(|at| found.get(at))
    };
    let Some(&(begin, end)) = next else { return };
    let end = end.min(bounds.end);
    place.view.selection = Some(Window::new(begin, end));
    see(place.view, begin, end, bounds);
    if what == Jump::SlowGet {
        let events = &place.open.trace().events;
        let whose = events.get(events.first_at(begin)).and_then(|event| event.context.goroutine);
        if let Some(goroutine) = whose {
            let height = place.lanes_px();
            place.view.picked = Some(goroutine.index() as u32);
            lanes::reveal(place.open, place.view, goroutine.index() as u32, height);
        }
    }
}

/// A head opens or shuts, a goroutine is picked, a pause is selected.
fn click(x: f64, y: f64, place: &mut Place<'_>) {
    if y < HEAD_PX {
        return;
    }
    let Some(kind) = lanes::at(place.open, place.view, y - HEAD_PX) else { return };
    let (left, right) = plot_px(place.width);
    match kind {
        Kind::Head(head) => {
            // A head that stayed in sight while its lanes went past is to be where it is seen.
            let (lanes, _) = lanes::in_sight(place.open, place.view, 0.0, place.view.scroll_px);
            if let Some(lane) = lanes.iter().rfind(|lane| lane.kind == kind).filter(|_| y < HEAD_PX + lanes::ROW_PX) {
                place.view.scroll_px = lane.top;
            }
            let key = lanes::head_key(place.open, head);
            if !place.view.turned.remove(&key) {
                place.view.turned.insert(key);
            }
        }
        Kind::Goroutine(row) => {
            place.view.picked = if x < left && place.view.picked == Some(row) { None } else { Some(row) };
            if x >= left {
                let time = place.time(x);
                let span = place.open.lane(row).and_then(|lane| lane.at(time));
                if let Some(span) = span.filter(|span| span.state != LaneState::Absent) {
                    let bounds = place.open.bounds();
                    place.view.selection = Window::new(span.begin, span.end.min(bounds.end)).shared(bounds);
                }
            }
        }
        Kind::Gc | Kind::Purges if x >= left => {
            let near = (place.view.window.nanos() as f64 * 5.0 / (right - left)) as i64 + 1;
            let time = place.time(x);
            let (_, survey) = place.open.front();
            let stops = survey.collector.stops_in(Window::new(time - near, time + near));
            let found = stops.iter().min_by_key(|stop| (stop.begin - time).abs()).copied();
            let bounds = place.open.bounds();
            place.view.selection =
                found.and_then(|stop| Window::new(stop.begin, stop.end.min(bounds.end)).shared(bounds));
        }
        _ => {}
    }
}
