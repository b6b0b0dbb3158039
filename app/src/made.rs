//! Pages that the engine makes, as markup: the same few lines show them all, and the page that is loaded first stays small.

use analysis::link::{encoded, with_entry};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::client::Client;
use crate::live::{effect, list, on, text, when};
use crate::markup::{Markup, attribute};
use crate::sheet::Sheet;
use crate::state::{Looking, View};

/// Pages within a view, the view's own first.
fn sub_pages(view: View) -> &'static [(&'static str, &'static str)] {
    match view {
        View::Findings => {
            &[("", "Findings"), ("path", "How it was decided"), ("thresholds", "Thresholds"), ("notes", "Notes")]
        }
        View::Files => &[("", "Files"), ("clock", "Clock"), ("groups", "Before and after"), ("capture", "Capture")],
        _ => &[],
    }
}

/// A row of tabs for the pages within the view; nothing where it has only its own.
#[component]
pub(crate) fn SubPages() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let pages = move || looking.state.with(|state| sub_pages(state.view)).to_vec();
    view! {
        {when(move || !pages().is_empty(), move || view! {
            <div class="subtabs" role="tablist" aria-label="Pages of this view">{list(pages, move |(key, title)| {
                let is_on = move || looking.state.with(|state| state.sub_page() == key);
                let open = move |_| looking.set(|state| if let Some(page) = state.page_value("page") { key.clone_into(page) });
                view! { <button role="tab" aria-selected=text(move || is_on().to_string()) data-testid=format!("page-{}", if key.is_empty() { "own" } else { key }) on:click=on(open)>{title}</button> }
            })}</div>
        })}
    }
}

/// Whether the sheet that shares is open.
#[derive(Clone, Copy)]
pub(crate) struct ShareOpen(pub(crate) RwSignal<bool>);

/// The sheet that shares what is open.
#[component]
pub(crate) fn ShareSheet() -> impl IntoView {
    let open = expect_context::<ShareOpen>().0;
    view! {
        <Sheet open label="Share">
            <div class="hd"><h2>"Share"</h2><button class="btn quiet end" autofocus on:click=on(move |_| open.set(false))>"Close " <kbd>"Esc"</kbd></button></div>
            <MadePage part="share"/>
        </Sheet>
    }
}

/// The page that the address names, or the part of it that is called `part`.
#[component]
pub(crate) fn MadePage(#[prop(optional)] part: &'static str) -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let markup = RwSignal::new(String::new());
    let latest = StoredValue::new(0_u32);
    // What is chosen on a sheet is no part of the address.
    let chosen = RwSignal::new(String::new());
    let random = || (js_sys::Math::random() * 1e15) as u64;
    let salt = format!("{:x}{:x}", random(), random());
    let address = Memo::new(move |_| (client.epoch.get(), looking.state.with(|state| state.to_fragment())));
    let class = if part.is_empty() { "made" } else { "madepart" };
    effect(move || {
        let (_, mut fragment) = address.get();
        if !part.is_empty() {
            fragment.push_str("&part=");
            fragment.push_str(part);
        }
        if part == "share" {
            let page = window().location().href().unwrap_or_default();
            let page = page.split('#').next().unwrap_or_default();
            fragment.push_str(&format!("&share={}&from={}&salt={salt}", encoded(&chosen.get()), encoded(page)));
        }
        latest.update_value(|latest| *latest += 1);
        let asked = latest.get_value();
        client.ask_page(fragment, move |made| {
            if latest.try_get_value() == Some(asked) {
                markup.try_set(made);
            }
        });
    });
    let enter = move |event: &web_sys::Event, value: &str| {
        let Some((pair, name)) = attribute(event, "data-pair").zip(attribute(event, "data-name")) else { return };
        if pair == "share" {
            return chosen.update(|pairs| *pairs = with_entry(pairs, &name, value));
        }
        looking.set(|state| {
            if let Some(pairs) = state.page_value(&pair) {
                *pairs = with_entry(pairs, &name, value);
            }
        });
    };
    let clicked = move |event: web_sys::MouseEvent| {
        if let Some(pressed) = attribute(&event, "data-press") {
            crate::keys::click(&pressed);
        }
        if attribute(&event, "data-unset").is_some() {
            enter(&event, "");
        }
    };
    let changed = move |event: web_sys::Event| {
        let Some(field) = event.target() else { return };
        // A list of choices has a value as a field has.
        let field: &HtmlInputElement = field.unchecked_ref();
        let value = match field.type_().as_str() {
            "checkbox" if field.checked() => "1".to_owned(),
            "checkbox" => String::new(),
            _ => field.value(),
        };
        enter(&event, &value);
    };
    let node = NodeRef::<Div>::new();
    view! {
        <div class=class on:click=on(clicked) on:change=on(changed)>
            <Markup of=Box::new(move || markup.get()) class="markup" node=node/>
        </div>
    }
}
