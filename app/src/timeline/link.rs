//! The page's side of the worker of traces, which is fetched when the first trace is opened.

use std::cell::RefCell;

use analysis::lens::SourceId;
use analysis::model::TraceProfileKind;
use analysis::query::{FileRow, FileState};
use analysis::timeline::Pin;
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::*;
use trace_worker::{FromTrace, Made, PinCard, TableQuery, ToTrace, Whose};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, Worker};

use crate::client::Client;
use crate::file_entry::FileEntry;
use crate::live::effect;
use crate::performance::{measure, now};
use crate::state::{Looking, View};
use crate::worker;

/// The view goes into the address when it has rested so long.
const REST_MILLIS: u32 = 250;

/// What the page knows of traces. Lives in the context.
#[derive(Clone, Copy)]
pub(crate) struct Traces {
    pub(crate) title: RwSignal<String>,
    pub(crate) note: RwSignal<String>,
    /// What is wrong.
    pub(crate) words: RwSignal<String>,
    /// What is under the pointer, as markup, and its place as a style.
    pub(crate) tip: RwSignal<String>,
    pub(crate) tip_place: RwSignal<String>,
    /// What the inspector says, as markup.
    pub(crate) inspector: RwSignal<String>,
    /// The menu of profiles, as markup; and what came of the last.
    pub(crate) menu: RwSignal<String>,
    pub(crate) menu_words: RwSignal<String>,
    /// The card of a pin.
    pub(crate) card: RwSignal<Option<Box<PinCard>>>,
    /// Goes up when tables are to be asked anew.
    pub(crate) version: RwSignal<u32>,
    /// The view as the worker tells it.
    pub(crate) view: RwSignal<String>,
    /// How many workers there have been: each draws on a canvas of its own.
    pub(crate) generation: RwSignal<u32>,
}

#[derive(Default)]
struct Link {
    worker: Option<Worker>,
    is_ready: bool,
    /// Workers that did not start, or died while no trace was read, since a trace was opened.
    deaths: u32,
    unsent: Vec<(ToTrace, JsValue)>,
    /// The last table that was asked for, and where it is to appear.
    asked: (u32, Option<RwSignal<String>>),
    pins: Vec<Pin>,
    notes: String,
    shown: Option<u32>,
    /// A trace has been shown.
    has_shown: bool,
    /// When each trace was dropped.
    since: Vec<(u32, f64)>,
    traces: Option<(Traces, Looking)>,
    /// A view is about to go into the address.
    is_resting: bool,
    /// The view that address and worker agree on.
    kept: String,
    /// When a profile was asked for by hand.
    clicked: Option<f64>,
    /// Profiles that were made: one that is closed stays closed.
    made: Vec<String>,
    /// Profiles that a link names, with the number of traces that were read when they were asked for.
    named: Vec<(String, usize)>,
}

impl Link {
    fn is_first_asked(&mut self, key: &(String, usize)) -> bool {
        let is_first = !self.made.contains(&key.0) && !self.named.contains(key);
        if is_first {
            self.named.push(key.clone());
        }
        is_first
    }
}

thread_local! {
    static LINK: RefCell<Link> = RefCell::default();
}

/// Whether a file begins like a trace, compressed or not.
pub(crate) async fn is_trace(file: &File) -> bool {
    let head = head(file).await.unwrap_or_default();
    head.starts_with(b"go 1.") && head.get(6..).is_some_and(|rest| rest.windows(6).any(|part| part == b" trace"))
}

/// The first bytes of a file, out of gzip if it is in it.
async fn head(file: &File) -> Result<Vec<u8>, JsValue> {
    let blob = file.slice_with_f64_and_f64(0.0, 1024.0)?;
    let bytes = JsFuture::from(blob.array_buffer()).await?;
    let bytes = Uint8Array::new(bytes.unchecked_ref::<ArrayBuffer>()).to_vec();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.get(..16).unwrap_or(&bytes).to_vec());
    }
    // The browser's own inflating: the page carries none. It gives what it has before it finds that the rest is missing.
    let inflated = blob.unchecked_ref::<Streaming>().stream().pipe_through(&DecompressionStream::new("gzip")?);
    let chunk = JsFuture::from(inflated.get_reader().read()).await?;
    let bytes = js_sys::Reflect::get(&chunk, &"value".into())?.dyn_into::<Uint8Array>()?;
    Ok(bytes.subarray(0, bytes.length().min(16)).to_vec())
}

#[wasm_bindgen]
extern "C" {
    /// A blob, for what it can do besides.
    type Streaming;
    #[wasm_bindgen(method)]
    fn stream(this: &Streaming) -> Stream;

    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    type Stream;
    #[wasm_bindgen(method, js_name = pipeThrough)]
    fn pipe_through(this: &Stream, through: &DecompressionStream) -> Stream;
    #[wasm_bindgen(method, js_name = getReader)]
    fn get_reader(this: &Stream) -> StreamReader;

    type StreamReader;
    #[wasm_bindgen(method)]
    fn read(this: &StreamReader) -> js_sys::Promise;
}

impl Traces {
    /// Nothing open; follows the files and the address.
    pub(crate) fn start(client: Client, looking: Looking) -> Self {
        let traces = Self {
            title: RwSignal::new("Reading".to_owned()),
            note: RwSignal::new(String::new()),
            words: RwSignal::new(String::new()),
            tip: RwSignal::new(String::new()),
            tip_place: RwSignal::new(String::new()),
            inspector: RwSignal::new(String::new()),
            menu: RwSignal::new(String::new()),
            menu_words: RwSignal::new(String::new()),
            card: RwSignal::new(None),
            version: RwSignal::new(0),
            view: RwSignal::new(String::new()),
            generation: RwSignal::new(0),
        };
        LINK.with_borrow_mut(|link| link.traces = Some((traces, looking)));
        effect(move || {
            let (named, view, notes) =
                looking.state.with(|state| (state.current.clone(), state.trace_view.clone(), state.notes().to_owned()));
            let (shown, pins, is_only) = client.files.with(|files| {
                (shown(files, &named), pins(files), !files.is_empty() && files.iter().all(|file| file.is_trace))
            });
            let (is_told, is_new, is_first, has_new_pins, has_new_notes) = LINK.with_borrow_mut(|link| {
                let is_told = link.kept == view;
                link.kept.clone_from(&view);
                let is_first = shown.is_some() && !link.has_shown;
                link.has_shown |= is_first;
                let is_new = std::mem::replace(&mut link.shown, shown) != shown;
                let has_new_pins = std::mem::replace(&mut link.pins, pins.clone()) != pins;
                let has_new_notes = std::mem::replace(&mut link.notes, notes.clone()) != notes;
                (is_told, is_new, is_first, has_new_pins, has_new_notes)
            });
            let Some(key) = shown else { return };
            if is_new || !is_told {
                set(traces.view, view.clone());
                send(ToTrace::Show { key, view }, JsValue::NULL);
            }
            if is_new || has_new_pins {
                send(ToTrace::Pins(pins), JsValue::NULL);
            }
            if is_new || has_new_notes {
                send(ToTrace::Notes(notes), JsValue::NULL);
            }
            // Who drops nothing but traces wants to see them.
            if is_first && is_only && looking.state.with_untracked(|state| state.view == View::Findings) {
                looking.set(|state| state.view = View::Timeline);
            }
        });
        effect(move || {
            // Told by its name, a profile out of a trace is made again once its trace is there.
            let named = looking.state.with(|state| [state.current.clone(), state.base.clone()]);
            let read =
                client.files.with(|files| files.iter().filter(|file| file.is_trace && file.id.is_some()).count());
            for name in named.into_iter().filter(|name| read > 0 && is_part(name)) {
                let is_open = client.files.with(|files| files.iter().any(|file| file.name == name));
                let key = (name, read);
                if !is_open && LINK.with_borrow_mut(|link| link.is_first_asked(&key)) {
                    send(ToTrace::ProfileNamed(key.0), JsValue::NULL);
                }
            }
        });
        traces
    }

    /// Asks for a profile of what is looked at, and shows it.
    pub(super) fn profile(self, kind: TraceProfileKind, whose: Whose) {
        LINK.with_borrow_mut(|link| link.clicked = now());
        self.menu_words.set("Summing up…".to_owned());
        send(ToTrace::Profile { kind, whose }, JsValue::NULL);
    }

    fn made(self, client: Client, looking: Looking, made: Result<Made, String>) {
        let clicked = LINK.with_borrow_mut(|link| link.clicked.take());
        match made {
            Ok(made) => {
                self.menu_words.set(String::new());
                let name = made.name.clone();
                LINK.with_borrow_mut(|link| link.made.push(name.clone()));
                client.open_part(made, clicked.or(now()).unwrap_or(0.0), move || {
                    if clicked.is_some() {
                        looking.set(|state| state.open_profile(name));
                    }
                });
            }
            Err(words) => self.menu_words.set(words),
        }
    }

    fn hear(self, client: Client, looking: Looking, message: FromTrace, handle: JsValue) {
        match message {
            FromTrace::Ready => {
                let unsent = LINK.with_borrow_mut(|link| {
                    link.is_ready = true;
                    std::mem::take(&mut link.unsent)
                });
                unsent.into_iter().for_each(|(message, handle)| send(message, handle));
            }
            FromTrace::Progress { key, fraction, .. } => change(client, key, |file| file.fraction = fraction),
            FromTrace::Overview { key } => mark(key, "open", client),
            FromTrace::Opened { key, damage, words, time_nanos, events } => {
                let state = [FileState::Ready, FileState::Damaged].get(usize::from(damage)).copied();
                read(client, key, state.unwrap_or(FileState::Refused), words, time_nanos, events);
                mark(key, "full", client);
                self.version.update(|version| *version += 1);
                client.settle();
            }
            FromTrace::Told { key, words } => client.take_told(key, handle, words),
            FromTrace::Drawn { millis, view, title, note, tip, inspector, card } => {
                let end = now().unwrap_or(millis);
                measure("poolscope:frame", end - millis, end);
                set(self.title, title);
                set(self.note, note);
                let (place, markup) = tip.map_or((String::new(), String::new()), |tip| {
                    let place =
                        format!("left:min({:.0}px, calc(100% - 300px));top:{:.0}px", tip.x + 14.0, tip.y + 16.0);
                    (place, tip.markup)
                });
                set(self.tip_place, place);
                set(self.tip, markup);
                if self.card.with_untracked(|known| *known != card) {
                    self.card.set(card);
                }
                if let Some([inspector, menu]) = inspector {
                    self.inspector.set(inspector);
                    set(self.menu, menu);
                    set(self.menu_words, String::new());
                }
                if self.view.with_untracked(|known| *known != view) {
                    self.view.set(view);
                    rest(self, looking);
                }
            }
            FromTrace::Profile(made) => self.made(client, looking, made),
            FromTrace::Table { seq, markup } => {
                let (last, signal) = LINK.with_borrow(|link| link.asked);
                if let Some(signal) = signal.filter(|_| last == seq) {
                    signal.try_set(markup);
                }
            }
        }
    }
}

fn set(signal: RwSignal<String>, value: String) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

/// Puts the view into the address once hands rest.
fn rest(traces: Traces, looking: Looking) {
    if LINK.with_borrow_mut(|link| std::mem::replace(&mut link.is_resting, true)) {
        return;
    }
    let keep = move || {
        let view = traces.view.get_untracked();
        LINK.with_borrow_mut(|link| {
            link.is_resting = false;
            link.kept.clone_from(&view);
        });
        if looking.state.with_untracked(|state| state.trace_view != view) {
            looking.set(|state| state.trace_view = view);
        }
    };
    gloo::timers::callback::Timeout::new(REST_MILLIS, keep).forget();
}

/// The trace that is looked at: the one named, else the first.
fn shown(files: &[FileEntry], named: &str) -> Option<u32> {
    let traces = || files.iter().filter(|file| file.is_trace);
    let part = files.iter().find(|file| file.name == named).and_then(|file| file.part_of);
    traces()
        .find(|file| file.name == named || part.is_some_and(|(trace, _)| trace == file.key))
        .or_else(|| traces().next())
        .map(|file| file.key)
}

fn pins(files: &[FileEntry]) -> Vec<Pin> {
    let rows = files.iter().filter_map(|file| file.row.as_ref());
    let pin = |row: &FileRow| Some(Pin { name: row.name.clone(), kind: row.kind.clone(), time_nanos: row.time_nanos? });
    rows.filter_map(pin).collect()
}

fn change(client: Client, key: u32, change: impl FnOnce(&mut FileEntry)) {
    client.files.update(|files| {
        if let Some(file) = files.iter_mut().find(|file| file.key == key) {
            change(file);
        }
    });
}

/// What is known of a trace that was read, or was not.
fn read(client: Client, key: u32, state: FileState, words: String, time_nanos: Option<i64>, events: u64) {
    change(client, key, move |file| {
        // Numbers of the engine count up from 0; these never meet them.
        let id = SourceId(u32::MAX - key);
        (file.id, file.fraction) = (Some(id), 1.0);
        if state == FileState::Refused {
            file.pools_words.clear();
        }
        file.row = Some(FileRow {
            id,
            name: file.name.clone(),
            size_bytes: file.size_bytes as u64,
            kind: "execution trace".to_owned(),
            badge: "TR".to_owned(),
            state,
            words: if words.is_empty() { Vec::new() } else { vec![words] },
            time_nanos,
            samples: events,
            ..FileRow::default()
        });
    });
}

/// A measure from the drop until now.
fn mark(key: u32, phase: &str, client: Client) {
    let since = LINK.with_borrow(|link| link.since.iter().find(|found| found.0 == key).map(|found| found.1));
    if let Some((since, end)) = since.zip(now()) {
        measure(&format!("poolscope:{phase}:trace"), since, end);
        client.opened_in.set(Some(("trace".to_owned(), end - since)));
    }
}

/// Hands a file to the worker, which is started if there is none.
pub(crate) fn open(client: Client, key: u32, name: String, file: File, since: f64) {
    LINK.with_borrow_mut(|link| {
        link.since.push((key, since));
        link.deaths = 0;
    });
    start(client);
    send(ToTrace::Open { key, name }, file.into());
}

/// Forgets a file.
pub(crate) fn close(key: u32) {
    LINK.with_borrow_mut(|link| {
        link.made.clear();
        link.named.clear();
    });
    send(ToTrace::Close(key), JsValue::NULL);
}

/// Whether that is the name of a profile out of a trace.
pub(crate) fn is_part(name: &str) -> bool {
    let is_of = |kind: TraceProfileKind| name.strip_prefix(kind.words()).is_some_and(|rest| rest.starts_with(", "));
    TraceProfileKind::ALL.into_iter().any(is_of)
}

/// An attribute of what was clicked, or of what that is in.
pub(super) fn attribute(event: &web_sys::MouseEvent, name: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest(&format!("[{name}]")).ok()??.get_attribute(name)
}

/// Asks for a table, whose markup goes into the signal, unless another is asked for before it comes.
pub(super) fn ask(query: TableQuery, markup: RwSignal<String>) {
    let seq = LINK.with_borrow_mut(|link| {
        link.asked = (link.asked.0 + 1, Some(markup));
        link.asked.0
    });
    send(ToTrace::Table { seq, query }, JsValue::NULL);
}

/// Sends, or keeps until the worker is there.
pub(super) fn send(message: ToTrace, handle: JsValue) {
    LINK.with_borrow_mut(|link| match &link.worker {
        Some(worker) if link.is_ready => {
            worker::post(worker, &message, &handle, matches!(message, ToTrace::Canvas));
        }
        _ => link.unsent.push((message, handle)),
    });
}

/// Starts a worker, if there is none.
fn start(client: Client) {
    let (is_there, traces) = LINK.with_borrow(|link| (link.worker.is_some(), link.traces));
    let Some((traces, looking)) = traces.filter(|_| !is_there) else { return };
    let generation = traces.generation.get_untracked();
    // What an older one still has to say is not heard.
    let is_current = move || traces.generation.get_untracked() == generation;
    let heard = move |message, handle| {
        if is_current() {
            traces.hear(client, looking, message, handle);
        }
    };
    let failed = move |words: &str| {
        if is_current() {
            died(client, traces, words);
        }
    };
    let worker = worker::start("trace-worker", heard, failed);
    LINK.with_borrow_mut(|link| link.worker = worker);
}

/// The worker is gone, and what it held with it: another reads the traces again, unless it would only meet the same.
fn died(client: Client, traces: Traces, words: &str) {
    let was_ready = LINK.with_borrow_mut(|link| {
        if let Some(worker) = link.worker.take() {
            worker.terminate();
        }
        (link.unsent, link.shown, link.pins, link.notes) = (Vec::new(), None, Vec::new(), String::new());
        std::mem::take(&mut link.is_ready)
    });
    traces.generation.update(|generation| *generation += 1);
    // One that was not ready yet read nothing.
    let reading = was_ready.then(|| client.blame(true, words)).flatten();
    let deaths = LINK.with_borrow_mut(|link| {
        link.deaths += u32::from(reading.is_none());
        link.deaths
    });
    match (deaths > 1, was_ready) {
        (true, false) => {
            let words = format!(
                "The worker of traces could not be fetched ({words}). Is the page's server still there? Reload the page when it is."
            );
            return give_up(client, traces, &words);
        }
        (true, true) => {
            let words = format!(
                "The worker of traces stopped again ({words}): most likely the tab had no memory left. For traces this large there is the command: poolscope trace"
            );
            return give_up(client, traces, &words);
        }
        (false, false) => {
            client.say(format!("The worker of traces did not start ({words}). It is tried once more; nothing was lost."));
        }
        (false, true) => client.say(format!(
            "The worker of traces stopped{} ({words}): most likely the tab had no memory left. A new one reads the traces again; nothing else was lost.",
            reading.map_or(String::new(), |(name, _)| format!(" while it read {name}"))
        )),
    }
    let entries = client.files.with_untracked(|f| f.iter().filter(|f| f.is_trace).cloned().collect::<Vec<_>>());
    let mut again = Vec::new();
    for entry in entries {
        match (entry.given_up("poolscope trace"), client.dropped(entry.key)) {
            (None, Some(file)) => again.push((entry, file)),
            (words, _) => read(client, entry.key, FileState::Refused, words.unwrap_or_default(), None, 0),
        }
    }
    // What a worker died over comes last: the others are read by then.
    again.sort_by_key(|(entry, _)| entry.deaths.len());
    for (entry, file) in again {
        change(client, entry.key, |file| (file.id, file.row, file.fraction) = (None, None, 0.0));
        start(client);
        send(ToTrace::Open { key: entry.key, name: entry.name }, file.into());
    }
    client.settle();
}

/// No trace is read any more, for this reason.
fn give_up(client: Client, traces: Traces, words: &str) {
    let keys: Vec<u32> = client.files.with_untracked(|f| f.iter().filter(|f| f.is_trace).map(|f| f.key).collect());
    for key in keys {
        read(client, key, FileState::Refused, words.to_owned(), None, 0);
    }
    traces.words.set(words.to_owned());
    client.say(words.to_owned());
    client.settle();
}
