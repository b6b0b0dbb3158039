//! The engine's side: one message after the other, files read in slices.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::rc::Rc;

use analysis::bundle::{self, BundledFile};
use analysis::formats::archive;
use analysis::handed::Handed;
use analysis::lens::SourceId;
use analysis::limits::PAGE_FILE_BYTES;
use analysis::model::ProfileKind;
use analysis::model::pool::History;
use analysis::model::record::TraceDigest;
use analysis::query::Engine;
use analysis::session::Content;
use analysis::share::{Hasher, Identity};
use heap_worker::{FromHeap, ToHeap, What};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};
use worker_io::{say, say_with, slice, unpacked, value_of};

use crate::make::make;
use crate::pages::page;

/// How much of a file is asked for at a time.
const SLICE_BYTES: f64 = (8 << 20) as f64;
/// How much of a file is hashed at a time: inflated and summed in some hundredths of a second, so that questions do not wait.
const HASHED_BYTES: f64 = (512 << 10) as f64;

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<Engine>,
    waiting: RefCell<VecDeque<(ToHeap, JsValue)>>,
    is_busy: RefCell<bool>,
    /// Files whose identity is not known yet.
    nameless: RefCell<VecDeque<Nameless>>,
}

/// A file on the way to its identity.
struct Nameless {
    key: u32,
    id: SourceId,
    file: Blob,
    hasher: Hasher,
    at: f64,
}

/// Listens, and says so.
pub(crate) fn start(scope: DedicatedWorkerGlobalScope) {
    let worker = Rc::new(Worker {
        scope: scope.clone(),
        engine: RefCell::default(),
        waiting: RefCell::default(),
        is_busy: RefCell::new(false),
        nameless: RefCell::default(),
    });
    let listening = Rc::clone(&worker);
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(message) = unpacked::<ToHeap>(&event.data()) {
            listening.waiting.borrow_mut().push_back(message);
            if !listening.is_busy.replace(true) {
                let worker = Rc::clone(&listening);
                spawn_local(async move { worker.work().await });
            }
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    worker.say(&FromHeap::Ready);
}

impl Worker {
    fn say(&self, message: &FromHeap) {
        say(&self.scope, message);
    }

    async fn work(&self) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            match next {
                Some((ToHeap::Open { key, name, what }, handle)) => {
                    let id = self.open(key, &name, what, &handle.unchecked_into()).await;
                    let Some(id) = id else { continue };
                    self.say(&FromHeap::Opened { key, id });
                    // A shared analysis asks for it as soon as the file is there.
                    let identity = self.engine.borrow().session().source(id).and_then(|source| source.identity);
                    if let Some(identity) = identity {
                        self.say(&FromHeap::Identified { key, identity });
                    }
                }
                Some((ToHeap::Close(id), _)) => self.engine.borrow_mut().close(id),
                Some((ToHeap::Rename { id, name }, _)) => {
                    let mut engine = self.engine.borrow_mut();
                    let found = engine.session_mut().sources.iter_mut().find(|source| source.id == id);
                    found.into_iter().for_each(|source| source.name.clone_from(&name));
                }
                Some((ToHeap::Identify { key, id, known: Some(identity) }, _)) => self.identified(key, id, identity),
                Some((ToHeap::Identify { key, id, known: None }, handle)) => {
                    let (file, hasher) = (handle.unchecked_into(), Hasher::default());
                    self.nameless.borrow_mut().push_back(Nameless { key, id, file, hasher, at: 0.0 });
                }
                Some((ToHeap::Ask { seq, query }, _)) => {
                    let answer = self.engine.borrow_mut().answer(&query).map(Box::new);
                    self.say(&FromHeap::Answer { seq, answer });
                }
                Some((ToHeap::Page { seq, fragment }, _)) => {
                    let markup = page(&mut self.engine.borrow_mut(), &fragment);
                    self.say(&FromHeap::Page { seq, markup });
                }
                None if !self.nameless.borrow().is_empty() => self.hash_on().await,
                Some((ToHeap::Make { seq, what, lens, fragment }, given)) => {
                    let made = make(&self.engine, &what, &lens, &fragment, &given).await;
                    let words = made.as_ref().err().cloned().unwrap_or_default();
                    say_with(&self.scope, &FromHeap::Made { seq, words }, made.ok().as_ref().map(AsRef::as_ref));
                }
                None => {
                    self.is_busy.replace(false);
                    return;
                }
            }
        }
    }

    /// The next piece of the first file whose identity is not known; one that cannot be read any more stays without.
    async fn hash_on(&self) {
        let Some(mut next) = self.nameless.borrow_mut().pop_front() else { return };
        if next.at < next.file.size() {
            let Ok(part) = slice(&next.file, next.at, HASHED_BYTES).await else { return };
            next.hasher.push(&part.to_vec());
            next.at += HASHED_BYTES;
            return self.nameless.borrow_mut().push_front(next);
        }
        self.identified(next.key, next.id, next.hasher.finish());
    }

    fn identified(&self, key: u32, id: SourceId, identity: Identity) {
        let now = self.engine.borrow_mut().identified(id, identity);
        if now != id {
            // A trace, whose bytes another worker read, is one that a shared analysis lacks.
            self.say(&FromHeap::Opened { key, id: now });
        }
        self.say(&FromHeap::Identified { key, identity });
    }

    /// `None` when the reading was stopped.
    async fn open(&self, key: u32, name: &str, what: What, file: &Blob) -> Option<SourceId> {
        let size = file.size();
        let refused = |words: String| {
            let content = Content::Refused { words };
            self.engine.borrow_mut().session_mut().add(name, size as u64, content)
        };
        if let What::Refused(words) = what {
            return Some(refused(words));
        }
        if size > PAGE_FILE_BYTES as f64 {
            return Some(refused(format!(
                "This file of {:.1} GB is larger than a browser tab can hold. Use the command for it: poolscope check {name}",
                size / 1_073_741_824.0
            )));
        }
        let bytes = match self.read(key, file).await {
            Ok(bytes) => bytes,
            Err(words) => return Some(refused(words)),
        };
        if matches!(what, What::File)
            && let Some((words, has_members)) = self.restore(key, &bytes).or_else(|| self.unpack(key, &bytes))
        {
            let mut engine = self.engine.borrow_mut();
            return (!words.is_empty())
                .then(|| engine.session_mut().add_archive(name, size as u64, words, has_members));
        }
        let mut engine = self.engine.borrow_mut();
        let session = engine.session_mut();
        if let What::Trace { size_bytes } = what {
            let told: Handed<(TraceDigest, Option<History>)> = value_of(&bytes)?;
            drop(bytes);
            let (digest, pools) = told.unpack(&mut session.symbols);
            return Some(session.add_trace(name, size_bytes, digest, pools));
        }
        let mut last = 0.0;
        let id = session.open(name, bytes, &mut |progress| {
            // A message for every percent, not for every slice.
            if progress.fraction - last >= 0.01 {
                last = progress.fraction;
                self.say(&FromHeap::Progress { key, fraction: 0.3 + 0.7 * progress.fraction });
            }
            ControlFlow::Continue(())
        })?;
        if let What::Part(kind) = what {
            session.set_kind(id, ProfileKind::Trace(kind));
        }
        Some(id)
    }

    /// Hands what is in a bundle to the page; gives what is wrong with it, and whether there is anything in it. `None` when it
    /// is no bundle.
    fn restore(&self, key: u32, bytes: &[u8]) -> Option<(Vec<String>, bool)> {
        let bundle = bundle::read(bytes)?;
        let (mut names, mut identities, files) = (Vec::new(), Vec::new(), Array::new());
        for BundledFile { name, bytes, identity } in bundle.files {
            if let Ok(file) = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes.as_slice()))) {
                names.push(name);
                identities.push(identity);
                files.push(&file);
            }
        }
        let mut fragment = bundle.state;
        if let Some(text) = bundle.analysis {
            // As a link has it.
            let state = if fragment.is_empty() { "#v=1" } else { &fragment };
            fragment = format!("{state}&a={text}");
        }
        let (words, has_content) = (bundle.words, !names.is_empty() || !fragment.is_empty());
        if has_content {
            let message = FromHeap::Restored { key, names, identities, fragment, is_whole: words.is_empty() };
            say_with(&self.scope, &message, Some(&files));
        }
        Some((words, has_content))
    }

    /// Hands the members of an archive to the page, which holds them as files of the browser's; gives what could not be had,
    /// and whether there are members. `None` when it is no archive.
    fn unpack(&self, key: u32, bytes: &[u8]) -> Option<(Vec<String>, bool)> {
        let (mut names, files) = (Vec::new(), Array::new());
        let words = archive::unpack(bytes, &mut |member| {
            if let Ok(file) = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(member.bytes.as_slice())))
            {
                names.push(member.name);
                files.push(&file);
            }
        })?;
        let has_members = !names.is_empty();
        if has_members {
            let message = FromHeap::Unpacked { key, names, is_whole: words.is_empty() };
            say_with(&self.scope, &message, Some(&files));
        }
        Some((words, has_members))
    }

    async fn read(&self, key: u32, file: &Blob) -> Result<Vec<u8>, String> {
        let size = file.size();
        let mut bytes = Vec::with_capacity(size as usize);
        let mut at = 0.0;
        while at < size {
            let part = slice(file, at, SLICE_BYTES).await?;
            let start = bytes.len();
            bytes.resize(start + part.length() as usize, 0);
            if let Some(room) = bytes.get_mut(start..) {
                part.copy_to(room);
            }
            at += SLICE_BYTES;
            self.say(&FromHeap::Progress { key, fraction: (0.3 * (at / size).min(1.0)) as f32 });
        }
        Ok(bytes)
    }
}
