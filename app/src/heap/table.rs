//! The table: rows are asked for as they come into sight.

use analysis::query::{Answer, Query, SortKey, TableAnswer, TableQuery, TableRow};
use leptos::html::Div;
use leptos::prelude::*;

use super::{NothingLeft, Tabs, hue};
use crate::client::{Client, use_answer};
use crate::format::{Scale, share, sparkline};
use crate::live::{flag, on, part, text};
use crate::state::Looking;
use analysis::words::without_path;

/// Height of a row, as the style has it.
const ROW_PX: f64 = 24.0;
/// Rows asked for beyond what is seen.
const SPARE_ROWS: u32 = 20;

/// The page.
#[component]
pub(crate) fn Table() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let scroll = NodeRef::<Div>::new();
    let first = RwSignal::new(0_u32);
    let seen = RwSignal::new(40_u32);
    let answer = use_answer(move || {
        if client.epoch.get() == 0 {
            return None;
        }
        let lens = looking.lens();
        Some(looking.state.with(|state| {
            Query::Table(TableQuery {
                lens,
                sort: state.sort,
                ascending: state.ascending,
                search: state.search.clone(),
                offset: first.get().saturating_sub(SPARE_ROWS),
                limit: seen.get() + 2 * SPARE_ROWS,
            })
        }))
    });
    let table = Memo::new(move |before: Option<&Option<Result<TableAnswer, String>>>| match answer.get() {
        Some(Ok(Answer::Table(table))) => Some(Ok(table)),
        Some(Err(words)) => Some(Err(words)),
        // What was there stays until the new rows come.
        _ => before.cloned().flatten(),
    });
    let on_scroll = move |_| {
        if let Some(element) = scroll.get_untracked() {
            first.set((f64::from(element.scroll_top()) / ROW_PX) as u32);
            seen.set((f64::from(element.client_height()) / ROW_PX).ceil() as u32);
        }
    };
    let step = move |event: web_sys::KeyboardEvent| {
        let by: i64 = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "PageDown" => i64::from(seen.get_untracked()),
            "PageUp" => -i64::from(seen.get_untracked()),
            _ => return,
        };
        event.prevent_default();
        let next = table.with_untracked(|table| {
            let table = table.as_ref()?.as_ref().ok()?;
            let selected = looking.state.with_untracked(|state| state.selected.clone());
            let at = table.rows.iter().position(|row| row.name == selected).map_or(0, |at| at as i64 + by);
            table
                .rows
                .get(at.clamp(0, table.rows.len() as i64 - 1) as usize)
                .map(|row| (row.name.clone(), table.offset + at.max(0) as u32))
        });
        if let Some((name, row)) = next {
            looking.set(|state| state.selected = name);
            if let Some(element) = scroll.get_untracked() {
                let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
                let y = f64::from(row) * ROW_PX;
                if y < top {
                    element.set_scroll_top(y as i32);
                } else if y + 2.0 * ROW_PX > top + height {
                    element.set_scroll_top((y + 3.0 * ROW_PX - height) as i32);
                }
            }
        }
    };
    let head = move || {
        table.with(|table| match table {
            Some(Ok(table)) if table.total_rows != table.all_rows => {
                format!("{} of {} rows", table.total_rows, table.all_rows)
            }
            Some(Ok(table)) => format!("{} rows", analysis::words::count(i64::from(table.total_rows))),
            _ => "Reading".to_owned(),
        })
    };
    let about = move || {
        table.with(|table| match table {
            Some(Ok(table)) => {
                let total = table.totals.get(table.column as usize).copied().unwrap_or(0);
                let (name, unit) = table
                    .types
                    .get(table.column as usize)
                    .map_or((String::new(), String::new()), |t| (t.name.clone(), t.unit.clone()));
                format!("{}, {name}, {} in all", table.kind, crate::format::value(&unit, total))
            }
            _ => String::new(),
        })
    };
    view! {
        <div class="hd"><h2>{text(head)}</h2><span class="dim">{text(about)}</span>
            <input class="search" type="search" data-testid="table-search" aria-label="Search names" placeholder="search" prop:value=text(move || looking.state.with(|state| state.search.clone()))
                on:input=on(move |event| looking.set(|state| state.search = event_target_value(&event)))/>
            <Tabs/></div>
        <div class="tablescroll" node_ref=scroll on:scroll=on(on_scroll) on:keydown=on(step)>
            {part(move || table.with(|table| match table {
                Some(Ok(table)) => view! { <Grid table=table.clone()/> }.into_any(),
                Some(Err(words)) => view! { <p class="pad warn first" role="alert">{words.clone()}</p> }.into_any(),
                None => view! { <p class="pad dim first">"Reading the files."</p> }.into_any(),
            }))}
        </div>
    }
}

/// How each type is scaled: one unit a column, from its total.
fn scales(table: &TableAnswer) -> Vec<Scale> {
    table
        .types
        .iter()
        .zip(table.totals.iter().chain(std::iter::repeat(&0)))
        .map(|(t, &total)| {
            // A unit below that of the total keeps small rows readable.
            Scale::for_values(&t.unit, total / 10)
        })
        .collect()
}

/// A sample type's head in two lines: `inuse_space` in MB is “inuse / MB”, `inuse_objects` is “inuse / objects”.
fn type_head(name: &str, unit: &str) -> (String, String) {
    match name.split_once('_') {
        Some((first, rest)) if unit == "count" => (first.to_owned(), rest.to_owned()),
        Some((first, "space")) => (first.to_owned(), unit.to_owned()),
        _ => (name.to_owned(), unit.to_owned()),
    }
}

#[component]
fn Grid(table: TableAnswer) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let scales = scales(&table);
    let main = scales.get(table.column as usize).copied().unwrap_or(Scale { factor: 1.0, unit: "" });
    let (has_base, has_series) = (table.base.is_some(), table.snapshots.len() > 1);
    let (sort, ascending) = looking.state.with_untracked(|state| (state.sort, state.ascending));
    let head = |key: SortKey, title: String, unit: String, class: &'static str, tip: String| {
        let is_on = sort == key;
        let arrow = if !is_on {
            ""
        } else if ascending {
            "▲ "
        } else {
            "▼ "
        };
        let order = if !is_on {
            "none"
        } else if ascending {
            "ascending"
        } else {
            "descending"
        };
        view! { <th class=class class:on=is_on aria-sort=order scope="col" title=tip><button class="thb" on:click=on(move |_| looking.set(|state| {
            state.ascending = if state.sort == key { !state.ascending } else { key == SortKey::Name };
            state.sort = key;
        }))>{arrow}{title}<small>{unit}</small></button></th> }
    };
    let others: Vec<usize> = (0..table.types.len()).filter(|&at| at != table.column as usize).collect();
    let total = table.totals.get(table.column as usize).copied().unwrap_or(0);
    let columns =
        4 + usize::from(has_base) + 2 * usize::from(has_series) + others.len() + 2 * usize::from(table.is_heap);
    let above = f64::from(table.offset) * ROW_PX;
    let below = f64::from(table.total_rows - table.offset - table.rows.len() as u32) * ROW_PX;
    let selected = Memo::new(move |_| looking.state.with(|state| state.selected.clone()));
    let offset = table.offset;
    let row = |(at, row): (usize, &TableRow)| {
        let name = row.name.clone();
        let is_on = {
            let name = name.clone();
            move || selected.with(|selected| *selected == name)
        };
        let choose = {
            let name = name.clone();
            move |_| looking.set(|state| state.selected.clone_from(&name))
        };
        let pin = format!("s|{name}");
        let (also_choose, full, data) = (choose.clone(), name.clone(), name.clone());
        let delta_class = match row.delta {
            Some(d) if d > 0 && row.is_significant => "plus",
            Some(d) if d < 0 && row.is_significant => "minus",
            _ => "dim",
        };
        let noise =
            (row.delta.is_some_and(|d| d != 0) && !row.is_significant).then_some("within what sampling explains");
        let cum = row.cum.get(table.column as usize).copied().unwrap_or(0);
        let half = (row.interval[1] - row.interval[0]) / 2.0;
        let ends = format!("95%: {} to {}", main.with_unit(row.interval[0]), main.with_unit(row.interval[1]));
        view! {
            <tr class:on=flag(is_on.clone()) class:noted=flag(move || looking.state.with(|state| state.has_note(&pin))) role="row" aria-rowindex=offset as usize + at + 2 aria-selected=text(move || is_on().to_string()) data-name=data on:click=on(choose)>
                <td class="l sym" role="gridcell" title=full><span class=format!("chip {}", hue(row.package))></span><button class="name" on:click=on(also_choose)>{without_path(&name).to_owned()}</button></td>
                <td role="gridcell" class:zero=row.flat == 0>{main.text(row.flat as f64)}</td>
                <td role="gridcell" class:zero=cum == 0 >{main.text(cum as f64)}</td>
                <td role="gridcell" class="dim">{share(cum, total).trim_end_matches('%').to_owned()}</td>
                {has_base.then(|| view! { <td role="gridcell" class=delta_class title=noise>{row.delta.map(|delta| main.delta(delta))}</td> })}
                {has_series.then(|| view! { <td class="spark" role="gridcell"><Spark series=row.series.clone()/></td><td role="gridcell" class="dim" title=ends.clone()>{if half > 0.0 { format!("± {}", main.text(half)) } else { "–".to_owned() }}</td> })}
                {others.iter().map(|&column| { let value = row.cum.get(column).copied().unwrap_or(0); let scale = scales.get(column).copied().unwrap_or(main); view! { <td role="gridcell" class:zero=value == 0>{scale.text(value as f64)}</td> } }).collect_view()}
                {table.is_heap.then(|| view! { <td role="gridcell">{row.survival.map_or("–".to_owned(), |s| format!("{:.2}", s.clamp(-9.99, 9.99)).replace('-', "−"))}</td><td role="gridcell">{row.size.map_or("–".to_owned(), |size| analysis::words::count(size as i64))}</td> })}
            </tr>
        }
    };
    let unit = |scale: Scale, plain: &str| if scale.unit.is_empty() { plain.to_owned() } else { scale.unit.to_owned() };
    let main_type = table.types.get(table.column as usize).map_or(String::new(), |t| t.name.clone());
    let plain = table.types.get(table.column as usize).map_or(String::new(), |t| t.unit.clone());
    view! {
        <table role="grid" aria-label=format!("{} by function", main_type) aria-rowcount=table.total_rows + 1 data-testid="heap-table-grid" tabindex="0">
            <thead><tr role="row">
                {head(SortKey::Name, "Function".to_owned(), String::new(), "l", String::new())}
                {head(SortKey::Flat, "flat".to_owned(), unit(main, &plain), "", format!("{main_type}, its own"))}
                {head(SortKey::Cum, "cum".to_owned(), unit(main, &plain), "", format!("{main_type}, with all it called"))}
                <th scope="col" title="cum of the total">"%"</th>
                {has_base.then(|| head(SortKey::Delta, "Δ cum".to_owned(), unit(main, &plain), "", format!("{main_type}, change against the base")))}
                {has_series.then(|| view! { <th scope="col">{format!("{} snapshots", table.snapshots.len())}</th><th scope="col" title="95% interval of cum, from the sampling rate">"± 95%"<small>{unit(main, &plain)}</small></th> })}
                {others.iter().map(|&column| {
                    let t = table.types.get(column).cloned().unwrap_or_default();
                    let (title, below) = type_head(&t.name, &unit(scales.get(column).copied().unwrap_or(main), &t.unit));
                    head(SortKey::Type(column as u32), title, below, "", t.name)
                }).collect_view()}
                {table.is_heap.then(|| view! { {head(SortKey::Survival, "survival".to_owned(), "Δin/Δal".to_owned(), "", "Share of what was allocated since the base that is still in use".to_owned())} {head(SortKey::Size, "size".to_owned(), "B".to_owned(), "", "Mean size of an object in use".to_owned())} })}
            </tr></thead>
            <tbody>
                {(above > 0.0).then(|| view! { <tr aria-hidden="true"><td colspan=columns style=format!("height:{above}px;padding:0")></td></tr> })}
                {table.rows.iter().enumerate().map(row).collect_view()}
                {(below > 0.0).then(|| view! { <tr aria-hidden="true"><td colspan=columns style=format!("height:{below}px;padding:0")></td></tr> })}
            </tbody>
        </table>
        {table.rows.is_empty().then(|| view! { <NothingLeft/> })}
    }
}

/// A course over the snapshots, small.
#[component]
fn Spark(series: Vec<i64>) -> impl IntoView {
    let points = sparkline(&series, 68.0, 12.0);
    let rises = series.last() > series.first();
    let end =
        points.rsplit(' ').next().and_then(|point| point.split_once(',')).map(|(x, y)| (x.to_owned(), y.to_owned()));
    view! {
        <svg width="76" height="18" viewBox="-3 -3 76 18" aria-hidden="true">
            <path d="M0 12.5H68" stroke="var(--line)"/><polyline points=points fill="none" stroke="var(--ink-2)" stroke-width="1.2"/>
            {end.map(|(x, y)| view! { <circle cx=x cy=y r="1.8" fill=if rises { "var(--plus)" } else { "var(--ink-2)" }/> })}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::type_head;

    #[test]
    fn heads_are_short() {
        let head = |name, unit| {
            let (first, second) = type_head(name, unit);
            format!("{first} / {second}")
        };
        assert_eq!(head("alloc_space", "MB"), "alloc / MB");
        assert_eq!(head("inuse_objects", "count"), "inuse / objects");
        assert_eq!(head("delay", "ms"), "delay / ms");
    }
}
