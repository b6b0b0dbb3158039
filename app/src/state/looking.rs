//! The state in the context, and the address in step with it.

use crate::live::effect;
use analysis::lens::Lens;
use analysis::linked::merged;
use leptos::prelude::*;

use super::ViewState;
use crate::client::Client;

/// Marks steps of the history that this page made, among those that a link or a person made.
const OWN_STEP: &str = "step";

/// The state in the context, and the address in step with it.
#[derive(Clone, Copy)]
pub(crate) struct Looking {
    pub(crate) state: RwSignal<ViewState>,
    /// Words that must not be missed, about a link that this page cannot open, or files.
    pub(crate) trouble: RwSignal<String>,
    /// The files that are open, as the address names them.
    open_files: RwSignal<String>,
    /// The analysis that the link holds, until all its files are here.
    pub(crate) shared: RwSignal<String>,
}

impl Looking {
    /// Reads the address, and follows it: going back goes back.
    pub(crate) fn follow_address() -> Self {
        let this = Self {
            state: RwSignal::new(ViewState::default()),
            trouble: RwSignal::new(String::new()),
            open_files: RwSignal::new(String::new()),
            shared: RwSignal::new(String::new()),
        };
        this.read_address(false);
        window_event_listener(leptos::ev::hashchange, move |_| this.read_address(true));
        window_event_listener(leptos::ev::popstate, move |_| this.read_address(true));
        let last = StoredValue::new(this.state.get_untracked());
        effect(move || {
            let state = this.state.get();
            let mut fragment = state.to_fragment();
            this.shared.with(|text| {
                if !text.is_empty() {
                    fragment.push_str("&a=");
                    fragment.push_str(text);
                }
            });
            if window().location().hash().ok().as_deref() == Some(fragment.as_str()) {
                last.set_value(state);
                return;
            }
            // Another page or another thing selected is a step to go back over; typing is not.
            let is_step = last.with_value(|last| {
                last.view != state.view || last.tab != state.tab || last.trace_tab != state.trace_tab
            });
            last.set_value(state);
            if let Ok(history) = window().history() {
                let write = if is_step {
                    web_sys::History::push_state_with_url
                } else {
                    web_sys::History::replace_state_with_url
                };
                // A browser that refuses (too many in a second) keeps the older address.
                let _ = write(&history, &OWN_STEP.into(), "", Some(&fragment));
            }
        });
        this
    }

    fn read_address(self, is_later: bool) {
        let hash = window().location().hash().unwrap_or_default();
        if hash.len() < 2 {
            return;
        }
        let (hash, shared) = hash.split_once("&a=").unwrap_or((&hash, ""));
        // What comes behind it would be read by a later page.
        let shared = shared.split('&').next().unwrap_or_default();
        if !shared.is_empty() && self.shared.with_untracked(|text| text != shared) {
            self.shared.set(shared.to_owned());
        }
        match ViewState::from_fragment(hash) {
            Ok(mut state) => {
                let step = window().history().and_then(|history| history.state()).unwrap_or_default();
                let is_own_step = is_later && step.as_string().as_deref() == Some(OWN_STEP);
                if let Some(files) = state.page_value("files") {
                    // Going back does not bring back a file that was taken out, nor ask for it.
                    let known = self.state.with_untracked(|state| state.files().to_owned());
                    let listed = if is_own_step { known } else { std::mem::take(files) };
                    *files = self.open_files.with_untracked(|open| merged(&listed, "", open));
                }
                if self.state.get_untracked() != state {
                    self.state.set(state);
                }
            }
            Err(other) => self.trouble.set(other.to_string()),
        }
    }

    /// The lens, following files and state.
    pub(crate) fn lens(self) -> Lens {
        let client = expect_context::<Client>();
        client.files.with(|files| self.state.with(|state| state.lens(files)))
    }

    /// Takes up which files are open, as the address names them.
    pub(crate) fn files_are(self, now: String) {
        let before = self.open_files.get_untracked();
        let listed = self.state.with_untracked(|state| merged(state.files(), &before, &now));
        self.open_files.set(now);
        if self.state.with_untracked(|state| state.files() != listed) {
            self.state.update(|state| {
                if let Some(files) = state.page_value("files") {
                    *files = listed;
                }
            });
        }
    }

    /// Takes up the notes of a shared analysis, unless the link has notes itself.
    pub(crate) fn take_notes(self, notes: &[analysis::share::Note]) {
        self.state.update(|state| {
            if let Some(own) = state.page_value("notes").filter(|own| own.is_empty()) {
                *own = analysis::note_list::list(notes);
            }
        });
    }

    /// Whether the address names files that are not open.
    pub(crate) fn awaits_files(self) -> bool {
        self.open_files.with(|open| self.state.with(|state| merged("", "", open) != state.files()))
    }

    /// Changes the state.
    pub(crate) fn set(self, change: impl FnOnce(&mut ViewState)) {
        self.state.update(change);
    }
}
