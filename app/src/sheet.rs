//! A sheet over the page: the browser's own modal dialog, which keeps the focus inside and gives it back.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::live::{effect, on, when};

/// There while `open` is; Escape, a click beside it, and whatever sets `open` to false close it.
#[component]
pub(crate) fn Sheet(
    /// Whether it is there.
    open: RwSignal<bool>,
    /// Its name for screen readers.
    label: &'static str,
    /// What stands on it.
    children: ChildrenFn,
) -> impl IntoView {
    when(
        move || open.get(),
        move || {
            let dialog = NodeRef::<Dialog>::new();
            let shown = StoredValue::new_local(None::<web_sys::HtmlDialogElement>);
            // Closed before it is gone, it gives the focus back.
            on_cleanup(move || {
                if let Some(dialog) = shown.try_get_value().flatten() {
                    dialog.close();
                }
            });
            effect(move || {
                if let Some(dialog) = dialog.get() {
                    // It can only be open already, and then all is well.
                    let _ = dialog.show_modal();
                    shown.set_value(Some(dialog));
                }
            });
            // The dialog itself is hit only beside its content.
            let beside = move |event: web_sys::MouseEvent| {
                if event.target().as_ref() == event.current_target().as_ref() {
                    open.set(false);
                }
            };
            view! {
                <dialog node_ref=dialog class="sheet" aria-label=label on:close=on(move |_| { open.try_set(false); }) on:mousedown=on(beside)>
                    <div class="paper">{children()}</div>
                </dialog>
            }
        },
    )
}
