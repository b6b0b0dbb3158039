//! The shell: what is where, and what is shared.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use crate::client::{Client, EngineState};
use crate::empty::{Empty, files_of_early, files_of_list, files_of_transfer};
use crate::filter_bar::FilterBar;
use crate::findings::{Chosen, Findings};
use crate::heap::Heap;
use crate::inspector::Inspector;
use crate::keys::{KeyHelp, KeyList, listen};
use crate::live::{either, flag, on, part, text, when};
use crate::made::{MadePage, ShareOpen, ShareSheet, SubPages};
use crate::other::Files;
use crate::palette::{Palette, PaletteOpen};
use crate::rail::Rail;
use crate::state::{Looking, View};
use crate::states::{States, StatesPage};
use crate::status::Status;
use crate::theme::Theme;

/// The page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let looking = Looking::follow_address();
    let client = Client::start(looking);
    let theme = Theme::start();
    let help = KeyHelp(RwSignal::new(false));
    provide_context(client);
    provide_context(looking);
    provide_context(theme);
    provide_context(Chosen::start(looking));
    let palette = PaletteOpen(RwSignal::new(false));
    provide_context(help);
    provide_context(palette);
    provide_context(ShareOpen(RwSignal::new(false)));
    provide_context(crate::timeline::Traces::start(client, looking));
    provide_context(States::start(client, looking));
    listen(looking, theme, help, palette);
    let is_over = RwSignal::new(false);
    listen_for_files(client, is_over);
    crate::keep::listen(client, looking);
    crate::export::listen(client, looking);
    crate::watch::listen(client);
    crate::markup::listen();
    let is_wide = move || looking.state.with(|state| state.view == View::Findings && state.sub_page().is_empty());
    // Where nothing can be selected the room is the view's.
    let is_alone = move || {
        looking.state.with(|state| {
            !matches!(state.view, View::Findings | View::Heap | View::Timeline | View::States)
                || !state.sub_page().is_empty()
        })
    };
    view! {
        <div class="app" class:wide-insp=flag(is_wide) class:alone=flag(is_alone) class:over=flag(move || is_over.get())>
            <TopBar/>
            <input
                type="file" multiple class="hidden" data-testid="file-input" aria-label="Add files" tabindex="-1"
                on:change=on(move |event| {
                    let input = event_target::<web_sys::HtmlInputElement>(&event);
                    client.open(input.files().map(|list| files_of_list(&list)).unwrap_or_default());
                    // The same file may be chosen again.
                    input.set_value("");
                })
            />
            {either(move || client.files.with(Vec::is_empty), || view! { <Empty/> }, || view! {
                <FilterBar/>
                <Rail/>
                <Main/>
                <Inspector/>
            })}
            <Status/>
            <Trouble/>
            <Palette/>
            <ShareSheet/>
            <KeyList/>
        </div>
    }
}

#[component]
fn TopBar() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let theme = expect_context::<Theme>();
    let help = expect_context::<KeyHelp>();
    let palette = expect_context::<PaletteOpen>();
    let states = expect_context::<States>();
    let share = expect_context::<ShareOpen>();
    let has_files = move || client.files.with(|files| !files.is_empty());
    let tab = move |view: View| {
        let is_on = move || looking.state.with(|state| state.view == view);
        let count = move || match view {
            View::Files => client.files.with(Vec::len).to_string(),
            View::States => states.breaches(),
            _ => String::new(),
        };
        view! {
            <button
                role="tab" data-testid=format!("tab-{}", view.key())
                aria-selected=text(move || is_on().to_string()) tabindex=text(move || if is_on() { "0" } else { "-1" }.to_owned())
                on:click=on(move |_| looking.set(|state| state.go(view)))
            >{view.title()}<i>{text(count)}</i></button>
        }
    };
    let turn = move |event: web_sys::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => View::ALL.len() - 1,
            _ => return,
        };
        looking.set(|state| {
            let at = View::ALL.iter().position(|&view| view == state.view).unwrap_or(0);
            state.go(View::ALL.get((at + step) % View::ALL.len()).copied().unwrap_or_default());
        });
        // Which tab that is now is known a frame later.
        request_animation_frame(|| crate::keys::focus(".views [aria-selected=true]"));
    };
    view! {
        <header class="top">
            <a class="brand" href="./" aria-label="Poolscope, start again"><Mark/><span>"Poolscope"</span></a>
            <div class="views" role="tablist" aria-label="Views" on:keydown=on(turn)>
                {when(has_files, move || View::ALL.iter().map(|&view| tab(view)).collect_view())}
            </div>
            <div class="acts">
                {when(has_files, move || view! {
                    <button class="btn" data-testid="share" on:click=on(move |_| share.0.set(true))>"Share"</button>
                })}
                {when(has_files, move || view! { <button class="btn" data-testid="export" title="Tables, drawings, profiles, findings, all of it in one file" on:click=on(|_| crate::export::open())>"Export"</button> })}
                <button class="btn quiet" data-testid="palette" aria-label="Commands" on:click=on(move |_| palette.0.set(true))><span>"Commands"</span><kbd>"Ctrl K"</kbd></button>
                <button class="btn quiet" data-testid="theme" aria-label=text(move || theme.words().to_owned()) title=text(move || theme.words().to_owned()) on:click=on(move |_| theme.turn())><HalfMoon/></button>
                <button class="btn quiet" aria-label="Keys" title="Keys of this view" data-testid="keys" on:click=on(move |_| help.0.set(true))><kbd>"?"</kbd></button>
            </div>
        </header>
    }
}

/// The sign: a pool with one object in it.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
            <circle cx="9" cy="9" r="7.5" fill="none" stroke="currentColor" stroke-width="1.5"/>
            <path d="M2 10.5h14" stroke="currentColor" stroke-width="1.5"/>
            <rect x="7.5" y="4.5" width="3" height="3" fill="var(--an-get)"/>
        </svg>
    }
}

/// Light and dark in one.
#[component]
fn HalfMoon() -> impl IntoView {
    view! {
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.25"/>
            <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor"/>
        </svg>
    }
}

#[component]
fn Main() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let shown = Memo::new(move |_| looking.state.with(|state| (state.view, state.sub_page().is_empty())));
    view! {
        <main class="view" aria-label=text(move || shown.get().0.title().to_owned())>
            {when(move || looking.awaits_files() || looking.shared.with(|text| !text.is_empty()), || view! { <MadePage part="missing"/> })}
            <SubPages/>
            {part(move || match shown.get() {
                (View::Findings, true) => view! { <Findings/> }.into_any(),
                (View::Files, true) => view! { <Files/> }.into_any(),
                (View::Heap, _) => view! { <Heap/> }.into_any(),
                (View::Timeline, _) => view! { <crate::timeline::Timeline/> }.into_any(),
                (View::States, _) => view! { <StatesPage/> }.into_any(),
                (View::Findings | View::Files | View::Contention | View::Gc, _) => view! { <MadePage/> }.into_any(),
            })}
        </main>
    }
}

/// Words that must not be missed: a dead engine, a link of another version, a folder that was not opened.
#[component]
fn Trouble() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let died = move || match client.engine.get() {
        EngineState::Died(words) => Some(words),
        _ => None,
    };
    let unread = move || {
        client.files.with_untracked(|files| {
            files.iter().find(|file| file.id.is_none()).map(|file| (file.key, file.name.clone()))
        })
    };
    view! {
        {when(move || died().is_some(), move || view! {
            <div class="trouble" role="alert" data-testid="engine-died">
                <p>{text(move || died().unwrap_or_default())}</p>
                <button class="btn" on:click=on(move |_| client.restart())>"Open the files again"</button>
                {unread().map(|(key, name)| view! { <button class="btn quiet" on:click=on(move |_| client.remove(key))>{format!("All but {name}")}</button> })}
            </div>
        })}
        {when(move || looking.trouble.with(|words| !words.is_empty()), move || view! {
            <div class="trouble" role="alert"><p>{text(move || looking.trouble.get())}</p>
                <button class="btn" on:click=on(move |_| looking.trouble.set(String::new()))>"Close"</button></div>
        })}
    }
}

/// Files may be dropped and pasted anywhere, and may have been dropped before this program was there.
fn listen_for_files(client: Client, is_over: RwSignal<bool>) {
    // Files, and words about a folder that was not opened.
    let take = move |files, words: String| {
        client.open(files);
        if !words.is_empty() {
            client.say(words);
        }
    };
    window_event_listener(leptos::ev::dragover, move |event| {
        event.prevent_default();
        is_over.set(true);
    });
    window_event_listener(leptos::ev::dragleave, move |event| {
        if event.related_target().is_none() {
            is_over.set(false);
        }
    });
    window_event_listener(leptos::ev::drop, move |event| {
        event.prevent_default();
        is_over.set(false);
        if let Some(transfer) = event.data_transfer() {
            files_of_transfer(&transfer, take);
        }
    });
    window_event_listener(leptos::ev::paste, move |event| {
        let Ok(event) = event.dyn_into::<web_sys::ClipboardEvent>() else { return };
        if let Some(list) = event.clipboard_data().and_then(|data| data.files()) {
            client.open(files_of_list(&list));
        }
    });
    // Taken once the listeners above are there: nothing that is dropped falls between.
    let early = js_sys::Reflect::get(&window(), &"droppedEarly".into()).ok();
    let early = early.and_then(|early| early.dyn_into::<js_sys::Array>().ok()).unwrap_or_default();
    // A page that cannot forget its list would only keep it.
    let _ = js_sys::Reflect::set(&window(), &"droppedEarly".into(), &JsValue::NULL);
    files_of_early(&early, take);
}
