//! Files come and go: dropped, out of archives, made out of other files, taken out.

use analysis::model::TraceProfileKind;
use analysis::query::FileRow;
use analysis::share::Identity;
use heap_worker::{ToHeap, What};
use leptos::prelude::*;
use trace_worker::Made;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};

use super::link::{LINK, next_key, send};
use super::opening::Opening;
use super::{Client, EngineState};
use crate::file_entry::FileEntry;
use crate::performance::now;
use crate::state::View;

impl Client {
    /// Opens files, in the order given.
    pub(crate) fn open(self, files: Vec<File>) {
        self.open_known(files.into_iter().map(|file| (file, None)).collect());
    }

    /// The same, where it may be known which bytes they are.
    fn open_known(self, files: Vec<(File, Option<Identity>)>) {
        if files.is_empty() {
            return;
        }
        // What the script collected is to be judged; a link that waits for its files stays where it leads.
        let is_first = self.files.with_untracked(Vec::is_empty);
        if is_first && self.looking.state.with_untracked(|state| state.is_capture() && state.files().is_empty()) {
            self.looking.set(|state| state.go(View::Findings));
        }
        let since = now().unwrap_or(0.0);
        LINK.with_borrow_mut(|link| link.deaths = 0);
        if self.engine.with_untracked(|state| matches!(state, EngineState::Died(_))) {
            self.restart();
        }
        for (file, identity) in files {
            let key = self.enter(&file, since, None, identity);
            let client = self;
            spawn_local(async move {
                if crate::timeline::is_trace(&file).await {
                    client.open_trace(key, file.name(), file, since);
                } else if client.dropped(key).is_some() {
                    give(key, file.name(), What::File, file.into());
                }
            });
        }
    }

    /// Puts a file into the list.
    fn enter(
        self,
        file: &File,
        since: f64,
        part_of: Option<(u32, TraceProfileKind)>,
        identity: Option<Identity>,
    ) -> u32 {
        let key = LINK.with_borrow_mut(|link| {
            link.next += 1;
            if part_of.is_none() {
                link.dropped.insert(link.next, file.clone());
            }
            let new = || Opening { since, keys: Vec::new(), is_asked: false, is_open: false };
            link.opening.get_or_insert_with(new).keys.push(link.next);
            link.next
        });
        let entry = FileEntry { part_of, identity, ..FileEntry::new(key, file.name(), file.size()) };
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
        let key = self.enter(&file, since, Some((made.key, made.kind)), None);
        LINK.with_borrow_mut(|link| link.then.push((key, Box::new(then))));
        give(key, made.name, What::Part(made.kind), file.into());
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
    pub(super) fn take_members(self, key: u32, names: &[String], members: &JsValue, is_whole: bool) {
        let archive = self.files.with_untracked(|files| files.iter().find(|f| f.key == key).map(|f| f.name.clone()));
        let Some(archive) = archive else { return };
        let names: Vec<String> = names.iter().map(|name| format!("{archive}/{name}")).collect();
        self.take_files(key, &names, &[], members, is_whole);
    }

    /// Opens files in the place of the one that they came out of; of some it is known which bytes they are.
    pub(super) fn take_files(
        self,
        key: u32,
        names: &[String],
        identities: &[Option<Identity>],
        members: &JsValue,
        is_whole: bool,
    ) {
        LINK.with_borrow_mut(|link| (link.handles.remove(&key), link.dropped.remove(&key)));
        let members = js_sys::Array::from(members);
        let file = |(at, name): (usize, &String)| {
            let parts = js_sys::Array::of1(&members.get(at as u32));
            let file = File::new_with_blob_sequence(&parts, name).ok()?;
            Some((file, identities.get(at).copied().flatten()))
        };
        self.open_known(names.iter().enumerate().filter_map(file).collect());
        if is_whole {
            self.files.update(|files| files.retain(|file| file.key != key));
        }
    }

    /// Takes up what a trace tells, as its worker hands it over; `words` say why there is nothing of pools in it.
    pub(crate) fn take_told(self, key: u32, told: JsValue, words: String) {
        let entry = self.files.try_update(|files| {
            let file = files.iter_mut().find(|file| file.key == key)?;
            file.pools_words = words;
            // The engine knows it already when only the worker of traces was replaced.
            file.told.is_none().then(|| file.clone())
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

    /// A file as it was dropped.
    pub(crate) fn dropped(self, key: u32) -> Option<File> {
        LINK.with_borrow(|link| link.dropped.get(&key).cloned())
    }
}

/// Has the engine open what is for it, and any that takes its place.
fn give(key: u32, name: String, what: What, blob: Blob) {
    LINK.with_borrow_mut(|link| link.handles.insert(key, blob.clone()));
    send(ToHeap::Open { key, name, what }, blob.into());
}
