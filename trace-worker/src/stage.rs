//! The worker's stage: what is open, what is looked at, and the frames.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use analysis::model::TraceProfileKind;
use analysis::note_list::notes;
use analysis::share::Note;
use analysis::timeline::{Pin, Window, nanos_words, time_words};
use trace_worker::{Command, FromTrace, Go, Input, Screen, TableName, TableQuery, ToTrace, Whose};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use worker_io::{say, unpacked};

use crate::canvas::Canvas;
use crate::draw::{HEAD_PX, Kept, Look, Pointer, frame};
use crate::hands::{Hands, Place};
use crate::inspector::Inspector;
use crate::lanes::{self, Kind};
use crate::open::Open;
use crate::palette::Palette;
use crate::pixmap::Pixmap;
use crate::profile::Part;
use crate::tables::events::Search;
use crate::view::View;
use crate::{markup, note, pin, profile, read, search, tables, tip};

/// Everything. Borrowed only between two waits, never across one.
pub(crate) struct Stage {
    pub(crate) scope: DedicatedWorkerGlobalScope,
    pub(crate) traces: Vec<Open>,
    views: HashMap<u32, View>,
    /// Views that were asked for before their trace was there.
    wanted: HashMap<u32, String>,
    shown: Option<u32>,
    canvas: Option<Canvas>,
    screen: Screen,
    palette: Palette,
    map: Pixmap,
    kept: Kept,
    hands: Hands,
    pins: Vec<Pin>,
    notes: Vec<Note>,
    /// The pin whose card is open, by its name.
    card: Option<String>,
    frames: u64,
    is_asked: bool,
    /// Goes up with what is decoded.
    version: u32,
    inspector: Inspector,
    /// Where the links of the last table lead.
    table: Vec<Go>,
    /// The last question for a table: what it asks for is found, what was asked before is not looked for any more.
    pub(crate) asked: u32,
    on_frame: Option<Closure<dyn FnMut()>>,
}

pub(crate) type Shared = Rc<RefCell<Stage>>;

/// Listens, and says so.
pub(crate) fn start(scope: DedicatedWorkerGlobalScope) {
    let stage = Rc::new(RefCell::new(Stage {
        scope: scope.clone(),
        traces: Vec::new(),
        views: HashMap::new(),
        wanted: HashMap::new(),
        shown: None,
        canvas: None,
        screen: Screen::default(),
        palette: Palette::default(),
        map: Pixmap::default(),
        kept: Kept::default(),
        hands: Hands::default(),
        pins: Vec::new(),
        notes: Vec::new(),
        card: None,
        frames: 0,
        is_asked: false,
        version: 0,
        inspector: Inspector::default(),
        table: Vec::new(),
        asked: 0,
        on_frame: None,
    }));
    let drawing = Rc::clone(&stage);
    stage.borrow_mut().on_frame = Some(Closure::new(move || drawing.borrow_mut().draw()));
    let listening = Rc::clone(&stage);
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((message, handle)) = unpacked(&event.data()) {
            hear(&listening, message, handle);
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    say(&scope, &FromTrace::Ready);
}

fn hear(shared: &Shared, message: ToTrace, handle: JsValue) {
    let mut stage = shared.borrow_mut();
    match message {
        ToTrace::Open { key, name } => {
            drop(stage);
            read::open(shared, key, name, handle.unchecked_into());
            return;
        }
        ToTrace::Close(key) => stage.close(key),
        ToTrace::Canvas => stage.canvas = Canvas::new(handle),
        ToTrace::Screen(screen) => {
            stage.palette = Palette::new(&screen.colors);
            stage.screen = screen;
        }
        ToTrace::Show { key, view } => stage.show(key, view),
        ToTrace::Pins(pins) => {
            stage.pins = pins;
            stage.pin();
        }
        ToTrace::Notes(list) => stage.notes = notes(&list),
        ToTrace::Input(input) => stage.take(input),
        ToTrace::Table { seq, query } => {
            stage.asked = seq;
            drop(stage);
            search::answer(shared, seq, query);
            return;
        }
        ToTrace::Shift(millis) => stage.shift(millis),
        ToTrace::Profile { kind, whose } => stage.profile(kind, whose),
        ToTrace::ProfileNamed(name) => stage.profile_named(&name),
        ToTrace::Follow { is_table, at } => {
            let table = stage.table.get(at as usize).cloned();
            let go = if is_table { table } else { stage.inspector.link(at as usize) };
            if let Some(go) = go {
                let pins = stage.shown_place().map_or(&[][..], |(open, _)| &open.pins);
                let pin = pins.iter().find(|place| go.select == Some(pin::around(place)));
                let name = pin.map(|place| place.pin.name.clone());
                stage.take(Input::Do(Command::Go(go)));
                stage.card = name;
            }
        }
    }
    stage.ask_frame();
}

impl Stage {
    pub(crate) fn trace(&mut self, key: u32) -> Option<&mut Open> {
        self.traces.iter_mut().find(|open| open.key == key)
    }

    fn close(&mut self, key: u32) {
        self.traces.retain(|open| open.key != key);
        self.views.remove(&key);
        if self.shown == Some(key) {
            self.shown = self.traces.first().map(|open| open.key);
        }
    }

    fn show(&mut self, key: u32, view: String) {
        self.shown = Some(key);
        self.wanted.insert(key, view);
        self.settle(key);
        self.pin();
    }

    /// Opens the card of the next pin, or the one before. Where none is in the trace they are put where the files tell, or,
    /// where nothing tells, at its beginning.
    fn go_to_pin(&mut self, is_forward: bool) {
        let Some((open, view)) = self.shown_place() else { return };
        if pin::next(open, view, None, true).is_none() {
            let is_known = open.found.is_some();
            self.shift((!is_known).then_some(0.0));
        }
        let card = self.card.take();
        let Some((open, view)) = self.shown_place() else { return };
        let bounds = open.bounds();
        let Some(place) = pin::next(open, view, card.as_deref(), is_forward) else { return };
        let (time, name) = (place.time, place.pin.name.clone());
        if !(view.window.start..view.window.end).contains(&time) {
            let from = time.saturating_sub(view.window.nanos() / 2);
            view.window = Window::new(from, from.saturating_add(view.window.nanos())).inside(bounds);
        }
        self.card = Some(name);
    }

    /// Shifts the other files, or puts them back.
    fn shift(&mut self, millis: Option<f64>) {
        let Some((open, view)) = self.shown_place() else { return };
        // A number of the page's: what is no time at all becomes the nearest.
        let nanos = millis.map(|millis| (millis * 1e6).round() as i64);
        view.offset_nanos = open.shift_base().zip(nanos).map(|(base, nanos)| base.saturating_sub(nanos));
        self.pin();
    }

    fn shown_place(&mut self) -> Option<(&mut Open, &mut View)> {
        let key = self.shown?;
        Some((self.traces.iter_mut().find(|open| open.key == key)?, self.views.get_mut(&key)?))
    }

    /// Takes up a view that was asked for, once the trace says from when to when it goes. Times of a view count from
    /// there, so until all is decoded it is read anew.
    fn settle(&mut self, key: u32) {
        let Some(open) = self.traces.iter().find(|open| open.key == key) else { return };
        let bounds = open.bounds();
        if let Some(text) = self.wanted.get(&key) {
            self.views.insert(key, View::from_text(text, bounds));
            if open.is_done() {
                self.wanted.remove(&key);
            }
        } else {
            let view = self.views.entry(key).or_insert_with(|| View::all(bounds));
            view.window = view.window.inside(bounds);
        }
    }

    /// More of a trace is there.
    pub(crate) fn grown(&mut self, key: u32, was_all: bool) {
        let Some(open) = self.traces.iter().find(|open| open.key == key) else { return };
        let bounds = open.bounds();
        if self.shown.is_none() {
            self.shown = Some(key);
        }
        self.settle(key);
        if let Some(view) = self.views.get_mut(&key).filter(|_| was_all) {
            view.window = bounds;
        }
        self.pin();
        self.version += 1;
        self.ask_frame();
    }

    /// Whether all of a trace is seen, so that more of it is to be seen too.
    pub(crate) fn is_all(&self, key: u32) -> bool {
        let open = self.traces.iter().find(|open| open.key == key);
        let view = self.views.get(&key);
        !self.wanted.get(&key).is_some_and(|text| text.contains('w'))
            && open.is_some_and(|open| view.is_none_or(|view| view.window == open.bounds()))
    }

    fn pin(&mut self) {
        for open in &mut self.traces {
            open.set_pins(&self.pins, self.views.get(&open.key).and_then(|view| view.offset_nanos));
        }
    }

    fn take(&mut self, input: Input) {
        let Some(key) = self.shown else { return };
        let (width, height) = (self.screen.width, self.screen.height);
        let Some(open) = self.traces.iter_mut().find(|open| open.key == key) else { return };
        let Some(view) = self.views.get_mut(&key) else { return };
        if !matches!(input, Input::Move { .. } | Input::Leave) {
            // From here on the hands say where to look.
            self.wanted.remove(&key);
        }
        match input {
            Input::Down { x, y, .. } => {
                let found = pin::hit(open, view, width, (x, y)).map(|place| place.pin.name.clone());
                let was = std::mem::replace(&mut self.card, found);
                if self.card.is_some() {
                    self.card = self.card.take().filter(|name| was.as_ref() != Some(name));
                    return;
                }
            }
            Input::Do(Command::Pin(is_forward)) => return self.go_to_pin(is_forward),
            Input::Do(Command::Clear) if self.card.take().is_some() => return,
            Input::Do(Command::Go(_) | Command::Jump(..)) => self.card = None,
            _ => {}
        }
        self.hands.take(input, Place { open, view, width, height });
    }

    /// Markup of a table, and whether all of it is found.
    pub(crate) fn table(&mut self, query: &TableQuery) -> (String, bool) {
        let reading = ("<p class=\"pad dim first\">The trace is being read.</p>".to_owned(), true);
        let Some(key) = self.shown else { return reading };
        let Some(open) = self.traces.iter_mut().find(|open| open.key == key) else { return reading };
        let Some(view) = self.views.get(&key) else { return reading };
        let parts = tables::table(open, view, query);
        let (markup, links) = markup::answer(&parts, query.sort);
        self.table = links;
        let share = open.search.as_ref().filter(|_| query.table == TableName::Events).and_then(Search::share);
        (share.map_or(String::new(), markup::progress) + &markup, share.is_none())
    }

    /// Searches through so many more events of the trace that is shown; `true` when there are none left.
    pub(crate) fn search(&mut self, most: usize) -> bool {
        let shown = self.shown;
        let Some(open) = self.traces.iter_mut().find(|open| Some(open.key) == shown) else { return true };
        let Some(mut search) = open.search.take() else { return true };
        search.advance(open, most);
        let is_done = search.share().is_none();
        open.search = Some(search);
        is_done
    }

    fn profile(&mut self, kind: TraceProfileKind, whose: Whose) {
        let Some(key) = self.shown else { return };
        let open = self.traces.iter_mut().find(|open| open.key == key);
        let (Some(open), Some(view)) = (open, self.views.get(&key)) else { return };
        let part = Part::of_view(open, view, kind, whose);
        say(&self.scope, &FromTrace::Profile(profile::make(open, &part)));
    }

    fn profile_named(&mut self, name: &str) {
        for open in &mut self.traces {
            if let Some(part) = Part::from_text(name, &open.name) {
                return say(&self.scope, &FromTrace::Profile(profile::make(open, &part)));
            }
        }
    }

    pub(crate) fn ask_frame(&mut self) {
        if self.is_asked {
            return;
        }
        if let Some(on_frame) = &self.on_frame {
            self.is_asked = self.scope.request_animation_frame(on_frame.as_ref().unchecked_ref()).is_ok();
        }
    }

    pub(crate) fn now(&self) -> f64 {
        self.scope.performance().map_or(0.0, |performance| performance.now())
    }

    fn draw(&mut self) {
        self.is_asked = false;
        let start = self.now();
        let Some(key) = self.shown else { return };
        let Some(open) = self.traces.iter_mut().find(|open| open.key == key) else { return };
        let Some(view) = self.views.get_mut(&key) else { return };
        let (Some(canvas), true) = (&self.canvas, self.screen.width > 1.0) else { return };
        self.frames += 1;
        open.group();
        let height = (self.screen.height - HEAD_PX).max(0.0);
        let (shown, all) = lanes::in_sight(open, view, view.scroll_px, view.scroll_px + height);
        // Groups may have been shut, or the canvas has grown.
        let lowest = (all - height + 24.0).max(0.0);
        let is_below = view.scroll_px > lowest && open.is_done();
        let shown = if is_below {
            view.scroll_px = lowest;
            lanes::in_sight(open, view, lowest, lowest + height).0
        } else {
            shown
        };
        let rows: Vec<_> = shown
            .iter()
            .filter_map(|lane| match lane.kind {
                Kind::Goroutine(at) => Some(at),
                _ => None,
            })
            .chain(view.picked)
            .filter_map(|at| open.goroutine(at))
            .collect();
        open.make_lanes(&rows, self.frames);
        if shown.iter().any(|lane| matches!(lane.kind, Kind::Thread(_))) {
            open.make_threads();
        }
        let pointer = Pointer { at: self.hands.pointer };
        self.kept.follow((key, self.version));
        let noted = note::noted(&self.notes, open);
        let look = Look { screen: &self.screen, palette: &self.palette, pointer, noted: &noted };
        let texts = frame(open, view, &shown, &look, &mut self.map, &mut self.kept);
        // A canvas that refuses is gone from the page; the next one brings a new frame.
        let _ = canvas.show(&mut self.map, &texts, &self.screen, &self.palette);
        let bounds = open.bounds();
        // What is asked for holds until all of the trace is there to show it.
        let text = self.wanted.get(&key).cloned().unwrap_or_else(|| view.to_text(bounds));
        let performance = self.scope.performance();
        let now = || performance.as_ref().map_or(0.0, |performance| performance.now());
        let inspector = self.inspector.look(open, view, self.version, self.hands.is_selecting(), now);
        let inspector = inspector.map(|inspector| [inspector, profile::menu(open, view)]);
        let width = self.screen.width;
        let card = self.card.as_deref().and_then(|name| pin::card(open, view, width, name)).map(Box::new);
        let tip = self.hands.pointer.filter(|_| card.is_none()).and_then(|at| tip::tip(open, view, &noted, width, at));
        let window = view.window;
        let span = window.nanos();
        let from = time_words(window.start - bounds.start, span);
        let title = format!("{} – {}", from.trim_end_matches(" s"), time_words(window.end - bounds.start, span));
        let events = open.trace().event_count();
        let state = if open.is_done() { String::new() } else { " so far".to_owned() };
        let note = format!(
            "{} of {}, {} events{state}",
            nanos_words(span),
            nanos_words(bounds.nanos()),
            analysis::words::count(events as i64)
        );
        let millis = self.now() - start;
        say(&self.scope, &FromTrace::Drawn { millis, view: text, title, note, tip, inspector, card });
    }
}
