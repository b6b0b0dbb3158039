//! What follows its signals, of one type whatever it computes. Leptos compiles its code for a reactive part anew for
//! every closure, some 2 KB each; through these the page holds it once.

use leptos::prelude::*;

/// A part that is computed anew when a signal it read changes.
pub(crate) type Live<T> = Box<dyn FnMut() -> T + Send>;

/// What is done on an event.
pub(crate) fn on<E: 'static>(run: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(run)
}

/// What is done anew when a signal it read changes.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_| run());
}

/// Words, in the page or in an attribute.
pub(crate) fn text(of: impl Fn() -> String + Send + 'static) -> Live<String> {
    Box::new(of)
}

/// A class or a property that is on or off.
pub(crate) fn flag(of: impl Fn() -> bool + Send + 'static) -> Live<bool> {
    Box::new(of)
}

/// Anything else.
pub(crate) fn part<V: IntoView + 'static>(of: impl Fn() -> V + Send + 'static) -> Live<AnyView> {
    Box::new(move || of().into_any())
}

/// One part for each item, all made anew when the items change.
pub(crate) fn list<T, V: IntoView + 'static>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    of: impl Fn(T) -> V + Send + 'static,
) -> Live<Vec<AnyView>> {
    Box::new(move || items().into_iter().map(|item| of(item).into_any()).collect())
}

/// A part that is there while `condition` holds, and is made anew only when that changes.
pub(crate) fn when<V: IntoView + 'static>(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    of: impl Fn() -> V + Send + 'static,
) -> Live<AnyView> {
    either(condition, of, || ())
}

/// One part while `condition` holds, the other while it does not.
pub(crate) fn either<V: IntoView + 'static, W: IntoView + 'static>(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    of: impl Fn() -> V + Send + 'static,
    other: impl Fn() -> W + Send + 'static,
) -> Live<AnyView> {
    let condition: Box<dyn Fn() -> bool + Send + Sync> = Box::new(condition);
    let holds = Memo::new(move |_| condition());
    Box::new(move || if holds.get() { of().into_any() } else { other().into_any() })
}
