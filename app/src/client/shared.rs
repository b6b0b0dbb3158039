//! What links tell and know of files: the analysis that one holds, names, and which bytes are meant.

use analysis::linked::LinkedFile;
use analysis::query::{Answer, Query};
use heap_worker::ToHeap;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::Client;
use super::link::{LINK, send};

impl Client {
    /// Opens the analysis that a link holds; where it cannot be, says why.
    pub(super) fn open_shared(self, text: String) {
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
                self.say(words);
            }
        });
    }

    /// A file that the link knows by another name takes that one: what is looked at is told by names.
    pub(super) fn named_as_linked(self, key: u32) {
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
    pub(super) fn identify(self) {
        self.files.update(|files| {
            for file in files.iter_mut().filter(|file| !file.is_hashed) {
                let id = if file.is_trace { file.told } else { file.id };
                if let Some((id, bytes)) = id.zip(self.dropped(file.key)) {
                    file.is_hashed = true;
                    send(ToHeap::Identify { key: file.key, id, known: file.identity }, bytes.into());
                }
            }
        });
        self.tell_files();
    }

    /// Lets the address name the files that are open, and those who keep them know of them.
    pub(super) fn tell_files(self) {
        let (mut named, kept) = (Vec::new(), js_sys::Array::new());
        for file in self.files.get_untracked() {
            let Some(identity) = file.identity else { continue };
            let (hash, size_bytes) = (identity.hex(), file.size_bytes as u64);
            if let Some(bytes) = self.dropped(file.key) {
                kept.push(&js_sys::Array::of3(&hash.as_str().into(), &file.name.as_str().into(), &bytes));
            }
            named.push(LinkedFile { name: file.name, size_bytes, hash }.entry());
        }
        crate::keep::tell(&kept);
        self.looking.files_are(named.join(";"));
    }
}
