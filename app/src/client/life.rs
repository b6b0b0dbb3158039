//! The engine's worker: started, replaced when it dies, and given the files again.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::Client;
use super::link::{LINK, send};
use crate::file_entry::FileEntry;
use crate::worker;

/// How the engine is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EngineState {
    /// The worker is not there yet.
    Starting,
    /// It answers.
    Ready,
    /// It died, and the next would meet the same; what can be done is up to the reader.
    Died(String),
}

impl Client {
    pub(super) fn start_worker(self) {
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

    /// A new worker, with all files opened again.
    pub(crate) fn restart(self) {
        self.stop_worker();
        self.engine.set(EngineState::Starting);
        self.start_worker();
        let shared = self.looking.shared.get_untracked();
        if !shared.is_empty() {
            self.open_shared(shared);
        }
        self.files.update(|files| {
            // What the engine made is made again when it is asked for, and of an archive only its members are kept.
            LINK.with_borrow(|link| {
                let is_here = |key: &u32| link.dropped.contains_key(key) || link.handles.contains_key(key);
                files.retain(|file| file.made_of.is_none() && is_here(&file.key));
            });
            for file in files.iter_mut() {
                (file.told, file.pools, file.is_hashed) = (None, None, false);
                if !file.is_trace {
                    (file.id, file.fraction) = (None, 0.0);
                }
            }
        });
        let files = self.files.get_untracked();
        // What a worker died over comes last: the others are read by then.
        let last = |file: &&FileEntry| file.deaths.is_empty();
        for file in files.iter().filter(last).chain(files.iter().filter(|file| !last(file))) {
            // One whose first bytes are still looked at is not among them.
            if let Some(handle) = LINK.with_borrow(|link| link.handles.get(&file.key).cloned()) {
                send(file.to_open(), handle.into());
            }
        }
        if files.is_empty() {
            self.epoch.update(|epoch| *epoch += 1);
        }
    }

    /// Ends the worker, and what waits for it; gives whether it had been ready.
    fn stop_worker(self) -> bool {
        let (was_ready, made) = LINK.with_borrow_mut(|link| {
            if let Some(worker) = link.worker.take() {
                worker.terminate();
            }
            link.unsent.clear();
            link.asked.clear();
            link.pages.clear();
            link.opening = None;
            (link.is_ready, std::mem::take(&mut link.made))
        });
        for made in made.into_values() {
            made("The engine stopped while it made this. Try again.".to_owned(), JsValue::NULL);
        }
        was_ready
    }

    /// Another engine takes over by itself, unless it would only meet the same.
    fn died(self, words: &str) {
        let was_ready = self.stop_worker();
        // One that was not ready yet read nothing.
        let reading = was_ready.then(|| self.blame(false, words)).flatten();
        let deaths = LINK.with_borrow_mut(|link| {
            link.deaths += u32::from(reading.is_none());
            link.deaths
        });
        match reading {
            None if deaths > 1 && !was_ready => {
                self.say(String::new());
                return self.engine.set(EngineState::Died(format!(
                    "The engine could not be fetched ({words}). Is the page's server still there? Your files were not lost."
                )));
            }
            None if deaths > 1 => {
                self.engine.set(EngineState::Died(format!(
                    "The engine stopped again ({words}): most likely the tab had no memory left. For files this large there is the command: poolscope check. Your files were not lost."
                )));
                return self.start_worker();
            }
            None if !was_ready => {
                self.say(format!("The engine did not start ({words}). It is tried once more; nothing was lost."));
            }
            None => self.say(format!(
                "The engine stopped ({words}): most likely the tab had no memory left. A new one reads your files again; nothing was lost."
            )),
            Some((name, 1)) => self.say(format!(
                "The engine stopped while it read {name} ({words}): most likely the tab had no memory left. A new one reads your files again, this one last."
            )),
            Some((name, _)) => self.say(format!(
                "The engine stopped again while it read {name} ({words}), which is left out now. A new one reads the others; nothing of them was lost."
            )),
        }
        self.restart();
    }

    /// Notes of the file that a dead worker was at what it said last; gives the file's name, and over how many it was.
    pub(crate) fn blame(self, is_trace: bool, words: &str) -> Option<(String, usize)> {
        let blamed = self.files.try_update(|files| {
            let file = being_read(files, is_trace)?;
            file.deaths.push(words.to_owned());
            Some((file.name.clone(), file.deaths.len()))
        });
        blamed.flatten()
    }
}

/// The file that a worker is at: it reads one after the other, and tells how far it is.
fn being_read(files: &mut [FileEntry], is_trace: bool) -> Option<&mut FileEntry> {
    let is_unread = |file: &FileEntry| file.id.is_none() && file.is_trace == is_trace;
    let at = files.iter().position(|file| is_unread(file) && file.fraction > 0.0);
    files.get_mut(at.or_else(|| files.iter().position(is_unread))?)
}
