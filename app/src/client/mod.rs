//! The page's side of the worker: files and questions go out, answers come in as signals.

mod files;
mod life;
mod link;
mod opening;
mod shared;

use crate::live::effect;
use analysis::lens::Lens;
use analysis::query::{Answer, FileRow, POOLS_KIND, Query};
use heap_worker::{FromHeap, ToHeap};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use crate::file_entry::FileEntry;
use crate::state::Looking;
pub(crate) use life::EngineState;
use link::{LINK, next_key, send};

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

impl Client {
    /// Starts the engine, once the page is painted: what is needed first is fetched first. An analysis in the address needs it
    /// at once.
    pub(crate) fn start(looking: Looking) -> Self {
        let client = Self {
            files: RwSignal::new(Vec::new()),
            epoch: RwSignal::new(0),
            engine: RwSignal::new(EngineState::Starting),
            looking,
            opened_in: RwSignal::new(None),
        };
        if looking.shared.with_untracked(String::is_empty) {
            request_animation_frame(move || {
                gloo::timers::callback::Timeout::new(0, move || client.start_worker()).forget();
            });
        } else {
            client.start_worker();
        }
        effect(move || {
            let text = looking.shared.get();
            if !text.is_empty() {
                client.open_shared(text);
            }
        });
        let moved = Memo::new(move |_| looking.state.with(|state| state.moved_clocks().to_owned()));
        effect(move || {
            moved.track();
            if client.files.with_untracked(|files| !files.is_empty()) {
                client.settle();
            }
        });
        client
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
                        (file.identity, file.is_hashed) = (Some(identity), true);
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
            FromHeap::Restored { key, names, identities, fragment, is_whole } => {
                self.take_files(key, &names, &identities, &handle, is_whole);
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
        let moved = self.looking.state.with_untracked(|state| state.moved_clocks().to_owned());
        self.ask(Query::MoveClocks(moved), |_| ());
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

    /// Says what must not be missed.
    pub(crate) fn say(self, words: String) {
        self.looking.trouble.set(words);
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
