//! The page's side of the worker: files and questions go out, answers come in as signals.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::live::effect;
use analysis::lens::Lens;
use analysis::linked::LinkedFile;
use analysis::model::TraceProfileKind;
use analysis::query::{Answer, FileRow, POOLS_KIND, Query};
use heap_worker::{FromHeap, ToHeap, What};
use leptos::prelude::*;
use trace_worker::Made;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, Worker};

use crate::file_entry::FileEntry;
use crate::performance::{measure, now};
use crate::state::Looking;
use crate::worker;

/// What the page knows of the engine. Lives in the context.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    /// Files in the order they were added.
    pub(crate) files: RwSignal<Vec<FileEntry>>,
    /// Goes up whenever the session has changed and questions must be asked anew.
    pub(crate) epoch: RwSignal<u32>,
    /// How the engine is.
    pub(crate) engine: RwSignal<EngineState>,
    /// Whose address names the files.
    looking: Looking,
    /// What was opened last, and how many milliseconds it took from drop to answer.
    pub(crate) opened_in: RwSignal<Option<(String, f64)>>,
}

/// How the engine is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EngineState {
    /// The worker is not there yet.
    Starting,
    /// It answers.
    Ready,
    /// It died, and a new one was started; files are to be opened again.
    Died(String),
}

/// Told why a file was not made, or given it.
type MadeFile = Box<dyn FnOnce(String, JsValue)>;
type Answered = Box<dyn FnOnce(Result<Answer, String>)>;

/// What cannot be in a signal: handles of the browser.
#[derive(Default)]
struct Link {
    worker: Option<Worker>,
    /// How many workers there have been: what an older one still has to say is not heard.
    generation: u32,
    is_ready: bool,
    /// Messages for a worker that is not ready.
    unsent: Vec<(ToHeap, JsValue)>,
    asked: HashMap<u32, Answered>,
    /// Pages that are being made.
    pages: HashMap<u32, Box<dyn FnOnce(String)>>,
    /// Files that are being made.
    made: HashMap<u32, MadeFile>,
    /// Files, and what traces tell.
    handles: HashMap<u32, Blob>,
    /// Files as they were dropped, traces too.
    dropped: HashMap<u32, File>,
    next: u32,
    /// The analysis that the link holds is open.
    is_shared_open: bool,
    /// What is done once a file is read.
    then: Vec<(u32, Box<dyn FnOnce()>)>,
    /// The files that are being opened, until their answer is painted.
    opening: Option<Opening>,
}

/// Files from the drop to the painted answer.
struct Opening {
    /// When the first of them was dropped.
    since: f64,
    keys: Vec<u32>,
    /// The views have been told of them, and ask.
    is_asked: bool,
    /// The first answer has been painted.
    is_open: bool,
}

thread_local! {
    static LINK: RefCell<Link> = RefCell::default();
}

impl Client {
    /// Starts the engine, once the page is painted: what is needed first is fetched first.
    pub(crate) fn start(looking: Looking) -> Self {
        let client = Self {
            files: RwSignal::new(Vec::new()),
            epoch: RwSignal::new(0),
            engine: RwSignal::new(EngineState::Starting),
            looking,
            opened_in: RwSignal::new(None),
        };
        request_animation_frame(move || {
            gloo::timers::callback::Timeout::new(0, move || client.start_worker()).forget();
        });
        effect(move || {
            let text = looking.shared.get();
            if !text.is_empty() {
                client.open_shared(text);
            }
        });
        client
    }

    fn start_worker(self) {
        let generation = LINK.with_borrow_mut(|link| {
            link.generation += 1;
            link.is_ready = false;
            link.generation
        });
        let is_current = move || LINK.with_borrow(|link| link.generation == generation);
        let heard = move |message, handle| {
            if is_current() {
                self.hear(message, handle);
            }
        };
        let failed = move |words: &str| {
            if is_current() {
                self.died(words);
            }
        };
        let worker = worker::start("heap-worker", heard, failed);
        if worker.is_none() {
            self.engine.set(EngineState::Died("This browser starts no module workers.".to_owned()));
        }
        LINK.with_borrow_mut(|link| link.worker = worker);
    }

    fn hear(self, message: FromHeap, handle: JsValue) {
        match message {
            FromHeap::Ready => {
                let unsent = LINK.with_borrow_mut(|link| {
                    link.is_ready = true;
                    std::mem::take(&mut link.unsent)
                });
                for (message, handle) in unsent {
                    send(message, handle);
                }
                self.engine.update(|state| {
                    if *state == EngineState::Starting {
                        *state = EngineState::Ready;
                    }
                });
            }
            FromHeap::Progress { key, fraction } => self.files.update(|files| {
                if let Some(file) = files.iter_mut().find(|file| file.key == key) {
                    file.fraction = fraction;
                }
            }),
            FromHeap::Opened { key, id } => {
                let is_there = self.files.try_update(|files| {
                    let file = files.iter_mut().find(|file| file.key == key)?;
                    if file.is_trace {
                        file.told = Some(id);
                        file.pools = file.told.filter(|_| file.pools_words.is_empty());
                    } else {
                        file.id = Some(id);
                    }
                    file.fraction = 1.0;
                    Some(())
                });
                if is_there.flatten().is_none() {
                    // A trace that was taken out while what it tells was handed over.
                    send(ToHeap::Close(id), JsValue::NULL);
                }
                self.settle();
            }
            FromHeap::Identified { key, identity } => {
                self.files.update(|files| {
                    if let Some(file) = files.iter_mut().find(|file| file.key == key) {
                        file.identity = Some(identity);
                    }
                });
                self.named_as_linked(key);
                // All at once: what is named in the address is whole, or as it was.
                if self
                    .files
                    .with_untracked(|files| files.iter().all(|file| file.identity.is_some() || !file.is_hashed))
                {
                    self.tell_files();
                }
            }
            FromHeap::Unpacked { key, names, is_whole } => self.take_members(key, &names, &handle, is_whole),
            FromHeap::Restored { key, names, fragment, is_whole } => {
                self.take_files(key, &names, &handle, is_whole);
                // As if a link had been opened; one that waits for these files stays.
                if !fragment.is_empty() && !self.looking.awaits_files() {
                    let _ = window().location().set_hash(&fragment);
                }
            }
            FromHeap::Made { seq, words } => {
                if let Some(made) = LINK.with_borrow_mut(|link| link.made.remove(&seq)) {
                    made(words, handle);
                }
            }
            FromHeap::Answer { seq, answer } => {
                let answered = LINK.with_borrow_mut(|link| link.asked.remove(&seq));
                if let Some(answered) = answered {
                    answered(answer.map(|answer| *answer));
                    self.painted();
                }
            }
            FromHeap::Page { seq, markup } => {
                if let Some(made) = LINK.with_borrow_mut(|link| link.pages.remove(&seq)) {
                    made(markup);
                    self.painted();
                }
            }
        }
    }

    /// Once every file is read, bar traces, whose worker takes its time.
    pub(crate) fn settle(self) {
        if self.files.with_untracked(|files| files.iter().all(|file| file.id.is_some() || file.is_trace)) {
            self.refresh();
        }
    }

    /// Asks what the files are, then lets every view ask anew.
    fn refresh(self) {
        self.ask(Query::Files, move |answer| {
            let Ok(Answer::Files(answer)) = answer else { return };
            self.files.update(|files| {
                // A trace that tells no wall-clock time may have a place on the session's clock.
                for file in files.iter_mut().filter(|file| file.is_trace) {
                    let told = answer.files.iter().find(|row| Some(row.id) == file.told);
                    if let (Some(row), Some(told)) = (&mut file.row, told) {
                        row.time_nanos = told.time_nanos;
                    }
                }
                // Files of a shared analysis are rows of the engine's alone; a real one takes the number of its row.
                let shared: Vec<&FileRow> = answer.files.iter().filter(|row| row.is_shared).collect();
                let is_there = |row: &FileRow| !row.is_shared || shared.iter().any(|other| other.id == row.id);
                files.retain(|file| file.row.as_ref().is_none_or(is_there));
                for row in shared {
                    if !files.iter().any(|file| file.id == Some(row.id)) {
                        let key = next_key();
                        let entry = FileEntry::new(key, row.name.clone(), row.size_bytes as f64);
                        files.push(FileEntry { fraction: 1.0, id: Some(row.id), identity: row.identity, ..entry });
                    }
                }
                for file in files.iter_mut().filter(|file| !file.is_trace && file.made_of.is_none()) {
                    file.row = answer.files.iter().find(|row| Some(row.id) == file.id).cloned();
                    if let Some(row) = &file.row {
                        file.name.clone_from(&row.name);
                    }
                    file.pools = file.row.as_ref().filter(|row| row.kind == POOLS_KIND).map(|row| row.id);
                }
            });
            for (of, row) in answer.made {
                let key = self.files.with_untracked(|files| files.iter().find(|f| f.id == Some(of)).map(|f| f.key));
                if let Some(key) = key {
                    self.add_made(key, row.name.clone(), row);
                }
            }
            let is_upgraded = !answer.files.iter().any(|row| row.is_shared);
            if is_upgraded && LINK.with_borrow_mut(|link| std::mem::take(&mut link.is_shared_open)) {
                // All files are here: the link names them, and need not hold what they tell.
                self.looking.shared.set(String::new());
            }
            let then = LINK.with_borrow_mut(|link| std::mem::take(&mut link.then));
            let is_read = |key: u32| self.files.with_untracked(|f| f.iter().any(|f| f.key == key && f.row.is_some()));
            for (key, then) in then {
                if is_read(key) {
                    then();
                }
            }
            self.identify();
            self.epoch.update(|epoch| *epoch += 1);
            // When this runs the views have asked; one that asks nothing is painted already.
            gloo::timers::callback::Timeout::new(0, move || {
                LINK.with_borrow_mut(|link| {
                    if let Some(opening) = &mut link.opening {
                        opening.is_asked = true;
                    }
                });
                self.painted();
            })
            .forget();
        });
    }

    /// Opens the analysis that a link holds; where it cannot be, says why.
    fn open_shared(self, text: String) {
        self.ask(Query::OpenShared(text), move |answer| match answer {
            Ok(_) => {
                LINK.with_borrow_mut(|link| link.is_shared_open = true);
                self.refresh();
                self.ask(Query::Shared, move |answer| {
                    if let Ok(Answer::Shared(Some(shared))) = answer {
                        self.looking.take_notes(&shared.notes);
                    }
                });
            }
            Err(words) => {
                self.looking.shared.set(String::new());
                self.looking.link_words.set(words);
            }
        });
    }

    /// A file that the link knows by another name takes that one: what is looked at is told by names.
    fn named_as_linked(self, key: u32) {
        let list = self.looking.state.with_untracked(|state| state.files().to_owned());
        let found = self.files.with_untracked(|files| {
            let file = files.iter().find(|file| file.key == key && !file.is_trace)?;
            let hex = file.identity?.hex();
            let linked = analysis::linked::files(&list);
            let is_free = |name: &str| !files.iter().any(|file| file.name == name);
            let is_named = linked.iter().any(|linked| linked.name == file.name);
            let own = linked.into_iter().find(|linked| linked.is(&hex) && is_free(&linked.name))?;
            (!is_named).then_some((file.id?, own.name))
        });
        if let Some((id, name)) = found {
            send(ToHeap::Rename { id, name }, JsValue::NULL);
            self.refresh();
        }
    }

    /// Asks which bytes files are that are read and not asked for yet.
    fn identify(self) {
        self.files.update(|files| {
            for file in files.iter_mut().filter(|file| !file.is_hashed) {
                let id = if file.is_trace { file.told } else { file.id };
                let bytes = LINK.with_borrow(|link| link.dropped.get(&file.key).cloned());
                if let Some((id, bytes)) = id.zip(bytes) {
                    file.is_hashed = true;
                    send(ToHeap::Identify { key: file.key, id }, bytes.into());
                }
            }
        });
        self.tell_files();
    }

    /// Lets the address name the files that are open, and those who keep them know of them.
    fn tell_files(self) {
        let (mut named, kept) = (Vec::new(), js_sys::Array::new());
        for file in self.files.get_untracked() {
            let Some(identity) = file.identity else { continue };
            let (hash, size_bytes) = (identity.hex(), file.size_bytes as u64);
            if let Some(bytes) = LINK.with_borrow(|link| link.dropped.get(&file.key).cloned()) {
                kept.push(&js_sys::Array::of3(&hash.as_str().into(), &file.name.as_str().into(), &bytes));
            }
            named.push(LinkedFile { name: file.name, size_bytes, hash }.entry());
        }
        crate::keep::tell(&kept);
        self.looking.files_are(named.join(";"));
    }

    /// Opens files, in the order given.
    pub(crate) fn open(self, files: Vec<File>) {
        if files.is_empty() {
            return;
        }
        let since = now().unwrap_or(0.0);
        if self.engine.with_untracked(|state| matches!(state, EngineState::Died(_))) {
            self.restart();
        }
        for file in files {
            let key = self.enter(&file, since, None);
            let client = self;
            spawn_local(async move {
                if crate::timeline::is_trace(&file).await {
                    client.open_trace(key, file.name(), file, since);
                } else {
                    send(ToHeap::Open { key, name: file.name(), what: What::File }, file.into());
                }
            });
        }
    }

    /// Puts a file into the list.
    fn enter(self, file: &File, since: f64, part_of: Option<(u32, TraceProfileKind)>) -> u32 {
        let key = LINK.with_borrow_mut(|link| {
            link.next += 1;
            link.handles.insert(link.next, file.clone().into());
            if part_of.is_none() {
                link.dropped.insert(link.next, file.clone());
            }
            let new = || Opening { since, keys: Vec::new(), is_asked: false, is_open: false };
            link.opening.get_or_insert_with(new).keys.push(link.next);
            link.next
        });
        let entry = FileEntry { part_of, ..FileEntry::new(key, file.name(), file.size()) };
        self.files.update(|files| files.push(entry));
        key
    }

    /// Opens a profile that was made out of a trace, unless it is open; `then` is run once it can be looked at.
    pub(crate) fn open_part(self, made: Made, since: f64, then: impl FnOnce() + 'static) {
        if self.files.with_untracked(|files| files.iter().any(|file| file.name == made.name)) {
            return then();
        }
        let bytes = js_sys::Array::of1(&js_sys::Uint8Array::from(made.bytes.as_slice()));
        let Ok(file) = File::new_with_u8_array_sequence(&bytes, &made.name) else { return };
        let key = self.enter(&file, since, Some((made.key, made.kind)));
        LINK.with_borrow_mut(|link| link.then.push((key, Box::new(then))));
        send(ToHeap::Open { key, name: made.name, what: What::Part(made.kind) }, file.into());
    }

    /// Takes up what the engine made out of a file.
    pub(crate) fn add_made(self, of: u32, name: String, row: FileRow) {
        if self.files.with_untracked(|files| files.iter().any(|file| file.name == name)) {
            return;
        }
        let key = next_key();
        self.files.update(|files| {
            files.push(FileEntry {
                fraction: 1.0,
                id: Some(row.id),
                row: Some(row),
                made_of: Some(of),
                ..FileEntry::new(key, name, 0.0)
            });
        });
        self.epoch.update(|epoch| *epoch += 1);
    }

    /// Hands a file to the worker of traces, if it is still wanted.
    fn open_trace(self, key: u32, name: String, file: File, since: f64) {
        let is_wanted = self.files.try_update(|files| {
            let entry = files.iter_mut().find(|file| file.key == key)?;
            entry.is_trace = true;
            "The trace is being read and searched for pools.".clone_into(&mut entry.pools_words);
            Some(())
        });
        LINK.with_borrow_mut(|link| {
            link.handles.remove(&key);
            if let Some(opening) = &mut link.opening {
                opening.keys.retain(|&other| other != key);
            }
            link.opening = link.opening.take().filter(|opening| !opening.keys.is_empty());
        });
        if is_wanted.flatten().is_some() {
            crate::timeline::open(self, key, name, file, since);
        }
    }

    /// Opens the members of an archive in its place.
    fn take_members(self, key: u32, names: &[String], members: &JsValue, is_whole: bool) {
        let archive = self.files.with_untracked(|files| files.iter().find(|f| f.key == key).map(|f| f.name.clone()));
        let Some(archive) = archive else { return };
        let names: Vec<String> = names.iter().map(|name| format!("{archive}/{name}")).collect();
        self.take_files(key, &names, members, is_whole);
    }

    /// Opens files in the place of the one that they came out of.
    fn take_files(self, key: u32, names: &[String], members: &JsValue, is_whole: bool) {
        LINK.with_borrow_mut(|link| (link.handles.remove(&key), link.dropped.remove(&key)));
        let file =
            |(name, member): (&String, JsValue)| File::new_with_blob_sequence(&js_sys::Array::of1(&member), name).ok();
        let opened = names.iter().zip(js_sys::Array::from(members).iter()).filter_map(file).collect();
        self.open(opened);
        if is_whole {
            self.files.update(|files| files.retain(|file| file.key != key));
        }
    }

    /// Takes up what a trace tells, as its worker hands it over; `words` say why there is nothing of pools in it.
    pub(crate) fn take_told(self, key: u32, told: JsValue, words: String) {
        let entry = self.files.try_update(|files| {
            let file = files.iter_mut().find(|file| file.key == key)?;
            file.pools_words = words;
            Some(file.clone())
        });
        if let (Some(entry), Ok(told)) = (entry.flatten(), told.dyn_into::<Blob>()) {
            LINK.with_borrow_mut(|link| link.handles.insert(key, told.clone()));
            send(entry.to_open(), told.into());
        }
    }

    /// Takes a file out; one that is still being read is stopped.
    pub(crate) fn remove(self, key: u32) {
        let found = self.files.with_untracked(|files| files.iter().find(|file| file.key == key).cloned());
        self.files.update(|files| files.retain(|file| file.key != key && file.made_of != Some(key)));
        LINK.with_borrow_mut(|link| (link.handles.remove(&key), link.dropped.remove(&key)));
        if let Some(trace) = found.as_ref().filter(|file| file.is_trace) {
            crate::timeline::close(key);
            if let Some(id) = trace.told {
                send(ToHeap::Close(id), JsValue::NULL);
            }
            let is_part = |file: &&FileEntry| file.part_of.is_some_and(|(trace, _)| trace == key);
            let parts = self.files.with_untracked(|f| f.iter().filter(is_part).map(|f| f.key).collect::<Vec<_>>());
            parts.into_iter().for_each(|part| self.remove(part));
            return self.settle();
        }
        match found.map(|found| found.id) {
            Some(Some(id)) => {
                send(ToHeap::Close(id), JsValue::NULL);
                self.refresh();
            }
            // A worker deep in a file hears nothing: a new one takes the other files over.
            Some(None) => self.restart(),
            None => {}
        }
    }

    /// A new worker, with all files opened again.
    pub(crate) fn restart(self) {
        LINK.with_borrow_mut(|link| {
            if let Some(worker) = link.worker.take() {
                worker.terminate();
            }
            link.unsent.clear();
            link.asked.clear();
            link.pages.clear();
        });
        self.engine.set(EngineState::Starting);
        self.start_worker();
        self.files.update(|files| {
            // What the engine made is made again when it is asked for, and of an archive only its members are kept.
            LINK.with_borrow(|link| {
                files.retain(|f| f.made_of.is_none() && (f.is_trace || link.handles.contains_key(&f.key)));
            });
            for file in files.iter_mut() {
                (file.told, file.pools, file.is_hashed) = (None, None, false);
                if !file.is_trace {
                    (file.id, file.fraction) = (None, 0.0);
                }
            }
        });
        for file in self.files.get_untracked() {
            if let Some(handle) = LINK.with_borrow(|link| link.handles.get(&file.key).cloned()) {
                send(file.to_open(), handle.into());
            }
        }
        if self.files.with_untracked(Vec::is_empty) {
            self.epoch.update(|epoch| *epoch += 1);
        }
    }

    fn died(self, words: &str) {
        let reading = self
            .files
            .with_untracked(|files| files.iter().find(|f| f.id.is_none() && !f.is_trace).map(|f| f.name.clone()));
        let was_ready = LINK.with_borrow_mut(|link| {
            if let Some(worker) = link.worker.take() {
                worker.terminate();
            }
            link.unsent.clear();
            link.asked.clear();
            link.pages.clear();
            link.opening = None;
            link.is_ready
        });
        if !was_ready {
            // Another would meet the same; the button tries again.
            self.engine.set(EngineState::Died(format!(
                "The engine could not be fetched ({words}). Is the page's server still there? Your files were not lost."
            )));
            return;
        }
        let about = reading.map_or(String::new(), |name| format!(" while reading {name}"));
        self.engine.set(EngineState::Died(format!(
            "The engine stopped{about} ({words}): most likely the tab had no memory left. For files this large there is the command: poolscope check. A new engine is running; your files were not lost."
        )));
        self.start_worker();
    }

    /// Asks; `answered` is called once, unless the worker is replaced before.
    pub(crate) fn ask(self, query: Query, answered: impl FnOnce(Result<Answer, String>) + 'static) {
        let seq = LINK.with_borrow_mut(|link| {
            link.next += 1;
            link.asked.insert(link.next, Box::new(answered));
            link.next
        });
        send(ToHeap::Ask { seq, query: Box::new(query) }, JsValue::NULL);
    }

    /// Asks for a page as markup; `made` is called once, unless the worker is replaced before.
    pub(crate) fn ask_page(self, fragment: String, made: impl FnOnce(String) + 'static) {
        let seq = LINK.with_borrow_mut(|link| {
            link.next += 1;
            link.pages.insert(link.next, Box::new(made));
            link.next
        });
        send(ToHeap::Page { seq, fragment }, JsValue::NULL);
    }

    /// Has the engine make a file of what is looked at; `made` is told why it was not, or given it, unless the worker is
    /// replaced before.
    pub(crate) fn make(self, what: String, lens: Lens, given: &JsValue, made: impl FnOnce(String, JsValue) + 'static) {
        let seq = LINK.with_borrow_mut(|link| {
            link.next += 1;
            link.made.insert(link.next, Box::new(made));
            link.next
        });
        let fragment = window().location().hash().unwrap_or_default();
        send(ToHeap::Make { seq, what, lens: Box::new(lens), fragment }, given.clone());
    }

    /// Marks that an answer has been painted: the first opens the files, with the last all of them is there.
    fn painted(self) {
        let Some((since, keys, phases)) = LINK.with_borrow_mut(|link| {
            let is_last = link.asked.is_empty() && link.pages.is_empty();
            let opening = link.opening.as_mut().filter(|opening| opening.is_asked)?;
            let mut phases = Vec::new();
            if !std::mem::replace(&mut opening.is_open, true) {
                phases.push("open");
            }
            if is_last {
                phases.push("full");
            }
            let told = (opening.since, opening.keys.clone(), phases);
            if is_last {
                link.opening = None;
            }
            Some(told)
        }) else {
            return;
        };
        let mut kinds = self.files.with_untracked(|files| {
            let kind = |file: &FileEntry| Some(short_kind(&file.row.as_ref()?.kind));
            files.iter().filter(|file| keys.contains(&file.key)).filter_map(kind).collect::<Vec<_>>()
        });
        kinds.sort_unstable();
        kinds.dedup();
        // The frame after the next holds what was just put into the document.
        request_animation_frame(move || {
            request_animation_frame(move || {
                let Some(end) = now() else { return };
                for phase in phases {
                    for kind in &kinds {
                        measure(&format!("poolscope:{phase}:{kind}"), since, end);
                    }
                    if phase == "open" {
                        self.opened_in.set(Some((kinds.join(", "), end - since)));
                    }
                }
            });
        });
    }
}

/// A kind as measures name it: `heap profile` is `heap`.
fn short_kind(kind: &str) -> String {
    kind.trim_end_matches(" profile").replace(' ', "-").to_ascii_lowercase()
}

fn next_key() -> u32 {
    LINK.with_borrow_mut(|link| {
        link.next += 1;
        link.next
    })
}

fn send(message: ToHeap, handle: JsValue) {
    LINK.with_borrow_mut(|link| match &link.worker {
        Some(worker) if link.is_ready => worker::post(worker, &message, &handle, false),
        _ => link.unsent.push((message, handle)),
    });
}

/// An answer that follows its question: asked anew when the question or the session changes; late answers are dropped.
pub(crate) fn use_answer(
    query: impl Fn() -> Option<Query> + Send + Sync + 'static,
) -> ReadSignal<Option<Result<Answer, String>>> {
    let client = expect_context::<Client>();
    let (answer, set_answer) = signal(None);
    let latest = StoredValue::new(0_u32);
    // Boxed, so that what follows is one piece of code for every view.
    let query: Box<dyn Fn() -> Option<Query> + Send + Sync> = Box::new(query);
    let query = Memo::new(move |_| (client.epoch.get(), query()));
    effect(move || {
        let (_, query) = query.get();
        latest.update_value(|latest| *latest += 1);
        let asked = latest.get_value();
        match query {
            None => set_answer.set(None),
            Some(query) => client.ask(query, move |found| {
                if latest.try_get_value() == Some(asked) {
                    set_answer.try_set(Some(found));
                }
            }),
        }
    });
    answer
}
