//! Light and dark: the system's, or the user's choice, kept in this browser.

use crate::live::effect;
use leptos::prelude::*;

/// The choice; empty follows the system.
#[derive(Clone, Copy)]
pub(crate) struct Theme(pub(crate) RwSignal<String>);

const KEY: &str = "poolscope-theme";

impl Theme {
    /// Reads the choice and applies every change of it.
    pub(crate) fn start() -> Self {
        let storage = || window().local_storage().ok().flatten();
        let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).unwrap_or_default();
        let theme = RwSignal::new(kept);
        effect(move || {
            let choice = theme.get();
            if let Some(root) = document().document_element() {
                // An attribute that cannot be set leaves the system's theme, which is fine too.
                let _ = if choice.is_empty() {
                    root.remove_attribute("data-theme")
                } else {
                    root.set_attribute("data-theme", &choice)
                };
            }
            if let Some(storage) = storage() {
                let _ = storage.set_item(KEY, &choice);
            }
        });
        Self(theme)
    }

    /// System, light, dark, in turn.
    pub(crate) fn turn(self) {
        self.0.update(|choice| {
            *choice = match choice.as_str() {
                "" => "light",
                "light" => "dark",
                _ => "",
            }
            .to_owned();
        });
    }

    /// What it is called.
    pub(crate) fn words(self) -> &'static str {
        match self.0.get().as_str() {
            "light" => "Theme: light",
            "dark" => "Theme: dark",
            _ => "Theme: the system’s",
        }
    }
}
