//! The command palette: everything the page can do and every function, by typing a part of its name.

use analysis::lens::{Filter, Granularity};
use analysis::query::{Answer, Query, SortKey, TableQuery};
use leptos::prelude::*;

use crate::client::{Client, use_answer};
use crate::file_entry::FileEntry;
use crate::filter_bar::types_of;
use crate::keys::{KeyHelp, click};
use crate::live::{flag, list, on, text, when};
use crate::made::ShareOpen;
use crate::sheet::Sheet;
use crate::state::{GRANULARITIES, Looking, Tab, View, ViewState};
use crate::theme::Theme;

/// Whether the palette is open.
#[derive(Clone, Copy)]
pub(crate) struct PaletteOpen(pub(crate) RwSignal<bool>);

/// Functions shown of those that match.
const FUNCTIONS: u32 = 8;

/// One line of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Command {
    words: String,
    /// The key that does the same, or what kind of thing it is.
    hint: &'static str,
    act: Act,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    View(View),
    Tab(Tab),
    Type(String),
    Current(String),
    Base(String),
    Granularity(Granularity),
    NoInlines,
    Relative,
    Normalize,
    DropNegative,
    ClearFilters,
    Add,
    Export,
    Theme,
    Keys,
    Share,
    Keep,
    Function(String),
}

/// Everything that can be done now.
fn commands(state: &ViewState, files: &[FileEntry]) -> Vec<Command> {
    let command = |words: &str, hint, act| Command { words: words.to_owned(), hint, act };
    let mut all = vec![command("Add files", "O", Act::Add)];
    if !files.is_empty() {
        all.push(command("Export tables, drawings, profiles, findings; bundle; report", "files", Act::Export));
        all.push(command("Share this view or the analysis", "link", Act::Share));
    }
    if !files.is_empty() {
        let keys = ["1", "2", "3", "4", "5", "6", "7"];
        all.extend(View::ALL.iter().zip(keys).map(|(&view, key)| command(view.title(), key, Act::View(view))));
        let keys = ["T", "F", "S", "G", "R"];
        all.extend(Tab::ALL.iter().zip(keys).map(|(&tab, key)| command(tab.title(), key, Act::Tab(tab))));
        let chosen = state.chosen_files(files);
        all.extend(types_of(&chosen).into_iter().map(|name| command(&name, "value", Act::Type(name.clone()))));
        for file in &chosen.same {
            all.push(command(&format!("Look at {}", file.name), "current", Act::Current(file.name.clone())));
        }
        for name in chosen.same.iter().map(|file| file.name.as_str()).chain(["-"]) {
            let words = if name == "-" { "Compare with nothing".to_owned() } else { format!("Compare with {name}") };
            all.push(command(&words, "base", Act::Base(name.to_owned())));
        }
        all.extend(GRANULARITIES.iter().map(|&(g, name)| command(&format!("By {name}"), "nodes", Act::Granularity(g))));
        all.extend([
            command(
                if state.no_inlines { "Show inlined functions" } else { "Fold inlined functions" },
                "noinlines",
                Act::NoInlines,
            ),
            command(
                if state.relative { "Percentages of everything" } else { "Percentages of what the filters leave" },
                "relative",
                Act::Relative,
            ),
            command(
                if state.normalize { "Base as it is" } else { "Scale the base to the current total" },
                "normalize",
                Act::Normalize,
            ),
            command(
                if state.drop_negative { "Show what fell" } else { "Hide what fell" },
                "drop_negative",
                Act::DropNegative,
            ),
        ]);
        if state.filter != Filter::default() {
            all.push(command("Drop all filters", "filter", Act::ClearFilters));
        }
    }
    all.push(command("Keep files in this browser", "store", Act::Keep));
    all.extend([command("Light, dark, system", "D", Act::Theme), command("All keys", "?", Act::Keys)]);
    all
}

/// Those whose words or hint hold every word that was typed, in any case.
fn matching(all: Vec<Command>, typed: &str) -> Vec<Command> {
    let typed = typed.to_ascii_lowercase();
    let fits = |command: &Command| {
        let words = command.words.to_ascii_lowercase();
        typed.split_whitespace().all(|part| words.contains(part) || command.hint.contains(part))
    };
    all.into_iter().filter(fits).collect()
}

/// The palette.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let open = expect_context::<PaletteOpen>().0;
    view! { <Sheet open label="Commands"><Lines open/></Sheet> }
}

#[component]
fn Lines(open: RwSignal<bool>) -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let theme = expect_context::<Theme>();
    let help = expect_context::<KeyHelp>();
    let share = expect_context::<ShareOpen>();
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let functions = use_answer(move || {
        let search = typed.get().trim().to_owned();
        (client.epoch.get() > 0 && search.len() > 1).then(|| {
            Query::Table(TableQuery {
                lens: looking.lens(),
                sort: SortKey::Cum,
                search,
                limit: FUNCTIONS,
                ..TableQuery::default()
            })
        })
    });
    let found = Memo::new(move |_| {
        let all = client.files.with(|files| looking.state.with(|state| commands(state, files)));
        let mut found = typed.with(|typed| matching(all, typed));
        if let Some(Ok(Answer::Table(table))) = functions.get() {
            found.extend(table.rows.into_iter().map(|row| Command {
                words: row.name.clone(),
                hint: "function",
                act: Act::Function(row.name),
            }));
        }
        found
    });
    let run = move |command: &Command| {
        open.set(false);
        match command.act.clone() {
            Act::Add => click("[data-testid=file-input]"),
            Act::Export => crate::export::open(),
            Act::Theme => theme.turn(),
            Act::Keys => help.0.set(true),
            Act::Share => share.0.set(true),
            Act::Keep => crate::keep::show(),
            act => looking.set(|state| apply(state, act)),
        }
    };
    let keys = move |event: web_sys::KeyboardEvent| {
        let last = found.with_untracked(|found| found.len().saturating_sub(1));
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => at.update(|at| *at = at.saturating_sub(1)),
            "Enter" => {
                if let Some(command) = found.with_untracked(|found| found.get(at.get_untracked()).cloned()) {
                    run(&command);
                }
            }
            _ => return,
        }
        event.prevent_default();
        request_animation_frame(|| crate::keys::reveal("#commands .on"));
    };
    let lines = move || found.get().into_iter().enumerate().collect::<Vec<_>>();
    view! {
        <input
            class="ask" type="text" autofocus role="combobox" aria-expanded="true" aria-controls="commands" aria-label="Command or function" data-testid="palette-input"
            placeholder="Command, file or function" spellcheck="false" autocomplete="off"
            aria-activedescendant=text(move || format!("command-{}", at.get()))
            on:input=on(move |event| { typed.set(event_target_value(&event)); at.set(0); }) on:keydown=on(keys)
        />
        <ul id="commands" role="listbox" aria-label="Commands">
            {list(lines, move |(index, command)| {
                let words = command.words.clone();
                let is_on = move || at.get() == index;
                let class = if matches!(command.act, Act::Function(_)) { "sym" } else { "" };
                view! { <li id=format!("command-{index}") role="option" class:on=flag(is_on) aria-selected=text(move || is_on().to_string()) on:click=on({let command = command.clone(); move |_| run(&command)})><span class=class>{words}</span><kbd>{command.hint}</kbd></li> }
            })}
        </ul>
        {when(move || found.with(Vec::is_empty), || view! { <p class="pad dim">"No command and no function of that name."</p> })}
    }
}

fn apply(state: &mut ViewState, act: Act) {
    match act {
        Act::View(view) => state.go(view),
        Act::Tab(tab) => (state.view, state.tab) = (View::Heap, tab),
        Act::Type(name) => (state.sample_type, state.zoom) = (name, [0.0, 1.0]),
        Act::Current(name) => state.current = name,
        Act::Base(name) => state.base = name,
        Act::Granularity(granularity) => (state.granularity, state.selected) = (granularity, String::new()),
        Act::NoInlines => state.no_inlines = !state.no_inlines,
        Act::Relative => state.relative = !state.relative,
        Act::Normalize => state.normalize = !state.normalize,
        Act::DropNegative => state.drop_negative = !state.drop_negative,
        Act::ClearFilters => state.filter = Filter::default(),
        Act::Function(name) => {
            state.selected = name;
            if state.view != View::Heap {
                (state.view, state.tab) = (View::Heap, Tab::Table);
            }
        }
        Act::Add | Act::Export | Act::Theme | Act::Keys | Act::Share | Act::Keep => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_typed_word_must_be_there() {
        let all = || {
            let command = |words: &str, hint| Command { words: words.to_owned(), hint, act: Act::Add };
            vec![command("Flame graph", "F"), command("Call graph", "G"), command("inuse_space", "value")]
        };
        let words = |typed| matching(all(), typed).into_iter().map(|command| command.words).collect::<Vec<_>>();
        assert_eq!(words("GRAPH"), ["Flame graph", "Call graph"]);
        assert_eq!(words("graph fl"), ["Flame graph"]);
        assert_eq!(words("value space"), ["inuse_space"]);
        assert_eq!(words("  ").len(), 3);
    }

    #[test]
    fn without_files_only_what_can_be_done() {
        let all = commands(&ViewState::default(), &[]);
        assert_eq!(all.iter().map(|command| command.hint).collect::<Vec<_>>(), ["O", "store", "D", "?"]);
    }

    #[test]
    fn a_function_opens_where_it_can_be_seen() {
        let mut state = ViewState { tab: Tab::Growth, ..ViewState::default() };
        apply(&mut state, Act::Function("main.f".to_owned()));
        assert_eq!((state.view, state.tab, state.selected.as_str()), (View::Heap, Tab::Table, "main.f"));
        state.tab = Tab::Flame;
        apply(&mut state, Act::Function("main.g".to_owned()));
        assert_eq!((state.tab, state.selected.as_str()), (Tab::Flame, "main.g"));
    }
}
