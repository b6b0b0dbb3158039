//! What is served: the files that were named, and snapshots of the program that is watched.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::Body;
use super::named::Named;
use super::snapshots::Snapshots;
use super::watch::Watch;

/// What is served; of one process, and of all its threads.
pub(crate) struct Shelf {
    state: Mutex<State>,
    /// Told when the watch was paused or goes on.
    turned: Condvar,
}

struct State {
    named: Vec<Named>,
    watched: Option<Watched>,
}

struct Watched {
    of: String,
    snapshots: Snapshots,
    next: Instant,
    is_paused: bool,
    /// Why the last one was not taken.
    trouble: String,
}

impl Shelf {
    /// Of files, folders and standard input.
    ///
    /// # Errors
    /// When one of them cannot be read: a sentence for each.
    pub(super) fn of(paths: &[String], watch: Option<&Watch>, kept_at_most: usize) -> Result<Self, String> {
        let (mut named, mut refused) = (Vec::new(), Vec::new());
        for path in paths {
            match Named::of(path) {
                Ok(files) => named.extend(files),
                Err(words) => refused.push(format!("{path}: {words}")),
            }
        }
        if !refused.is_empty() {
            return Err(refused.join("\npoolscope: "));
        }
        let watched = watch.map(|watch| Watched {
            of: watch.target.host.clone(),
            snapshots: Snapshots::new(kept_at_most),
            next: Instant::now(),
            is_paused: false,
            trouble: String::new(),
        });
        Ok(Self { state: Mutex::new(State { named, watched }), turned: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No thread leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, as the page (`public/keep/served.js`) reads it.
    pub(super) fn list(&self) -> Value {
        let state = self.state();
        let mut files: Vec<Value> = state
            .named
            .iter()
            .enumerate()
            .map(|(number, file)| json!({ "number": number, "name": file.name, "size": file.size() }))
            .collect();
        let Some(watched) = &state.watched else { return json!({ "files": files }) };
        for (number, name, bytes) in watched.snapshots.files() {
            files.push(json!({ "number": state.named.len() + number, "name": name, "size": bytes.len() }));
        }
        let next = watched.next.saturating_duration_since(Instant::now());
        let watch = json!({
            "of": watched.of,
            "snapshots": watched.snapshots.taken,
            "kept": watched.snapshots.kept(),
            "kept_at_most": watched.snapshots.kept_at_most,
            "bytes": watched.snapshots.bytes(),
            "next_in_seconds": next.as_secs_f64().ceil() as u64,
            "is_paused": watched.is_paused,
            "trouble": watched.trouble,
        });
        json!({ "files": files, "watch": watch })
    }

    /// The bytes of a file; `None` when there is none of that number, or it cannot be read.
    pub(super) fn body(&self, number: usize) -> Option<Body> {
        let state = self.state();
        if let Some(file) = state.named.get(number) {
            return file.body();
        }
        let number = number - state.named.len();
        let mut files = state.watched.as_ref()?.snapshots.files();
        files.find(|(found, ..)| *found == number).map(|(_, _, bytes)| Body::Shared(Arc::clone(bytes)))
    }

    /// Pauses the watch, or lets it go on.
    pub(super) fn pause(&self, is_paused: bool) {
        if let Some(watched) = &mut self.state().watched {
            watched.is_paused = is_paused;
        }
        self.turned.notify_all();
    }

    /// Puts in a snapshot (kind and bytes each; none when nothing could be taken), and in words what was not had. `true` when
    /// these words are others than before.
    pub(super) fn put(&self, profiles: Vec<(&'static str, Vec<u8>)>, trouble: &str) -> bool {
        let mut state = self.state();
        let Some(watched) = &mut state.watched else { return false };
        if !profiles.is_empty() {
            watched.snapshots.put(profiles);
        }
        let is_other = watched.trouble != trouble;
        trouble.clone_into(&mut watched.trouble);
        is_other
    }

    /// Waits until `next` has come and the watch is not paused.
    pub(super) fn wait_until(&self, next: Instant) {
        let mut state = self.state();
        loop {
            let Some(watched) = &mut state.watched else { return };
            watched.next = next;
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() && !watched.is_paused {
                return;
            }
            // Paused it waits for a word, however long.
            let wait = if watched.is_paused { Duration::from_secs(3600) } else { left };
            state = self.turned.wait_timeout(state, wait).map_or_else(|error| error.into_inner().0, |(state, _)| state);
        }
    }
}
