//! All pools in one table: hits by tier, misses, waits, purges, what they hold.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::PoolRow;
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::{MOST_POOLS, States, pool_key};
use crate::format::{share, value};
use crate::markup::{Markup, time};

/// The table.
#[component]
pub(super) fn Pools() -> impl IntoView {
    let states = expect_context::<States>();
    let of = move || {
        let shown = states.shown.with(|row| row.as_ref().map(|row| row.key));
        states.pools.with(|pools| table(pools, |row| Some(row.key) == shown))
    };
    let node = NodeRef::<Div>::new();
    view! {
        <div class="sec" data-testid="pools">
            <Markup of=Box::new(of) class="allpools" node/>
        </div>
    }
}

fn table(pools: &[PoolRow], is_on: impl Fn(&PoolRow) -> bool) -> String {
    let has_files = pools.first().is_some_and(|first| pools.iter().any(|row| row.file != first.file));
    let (pools, types): (Vec<&PoolRow>, Vec<&PoolRow>) = pools.iter().partition(|row| row.gets.is_some());
    let mut out = String::new();
    if !pools.is_empty() {
        all_pools(&mut out, &pools, &is_on, has_files);
    }
    if !types.is_empty() {
        all_types(&mut out, &types, &is_on, has_files);
    }
    out
}

/// Objects by type, where no pool is told of.
fn all_types(out: &mut String, types: &[&PoolRow], is_on: impl Fn(&PoolRow) -> bool, has_files: bool) {
    *out += r#"<div class="hd"><h2>Types</h2><span class="dim">whole record; the size of an object is its type’s</span></div><div class="xscroll"><table class="pools" data-testid="types"><thead><tr><th class="l">type</th><th title="Allocated while the trace was taken">made</th><th title="When the trace began">there before</th><th>freed</th><th title="At the end of the trace">there</th><th title="Of those that are there">bytes</th></tr></thead><tbody>"#;
    for row in types.iter().take(MOST_POOLS) {
        let _ = write!(
            out,
            r#"<tr class="{}" data-name="{}">{}<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"#,
            if is_on(row) { "on" } else { "" },
            escaped(&row.name),
            name(row, is_on(row), has_files),
            plain(row.made),
            plain(row.found),
            plain(row.purged),
            plain(row.alive),
            // A type that is not known has no size.
            if row.bytes == 0 && row.alive > 0 { "–".to_owned() } else { value("bytes", row.bytes as i64) },
        );
    }
    *out += "</tbody></table></div>";
    rest(out, types.len());
}

fn all_pools(out: &mut String, pools: &[&PoolRow], is_on: impl Fn(&PoolRow) -> bool, has_files: bool) {
    *out += concat!(
        r#"<div class="hd"><h2>Pools</h2><span class="dim">whole record; shares are of gets; a miss makes a new object; – is not told by this record</span></div>"#,
        r#"<div class="xscroll"><table class="pools"><thead><tr><th class="l">pool</th><th>gets</th><th title="From the thread's private slot">private<small>%</small></th><th title="From the own queue">shared<small>%</small></th><th title="From another thread's or shard's objects">stolen<small>%</small></th><th title="From the victim generation">victim<small>%</small></th><th title="A new object was made">missed<small>%</small></th><th title="Gets that waited, and in vain">waits</th><th title="Time stood at locked queues">locked</th><th>purges</th><th title="Dropped by purges, and because the pool was full or the object too large">dropped</th><th>out</th><th>holds</th><th title="Idle objects and victims">retains</th><th class="l">breaches</th><th class="l" title="What came less what is accounted for">unaccounted</th></tr></thead><tbody>"#,
    );
    let (used, unused): (Vec<&PoolRow>, Vec<&PoolRow>) = pools.iter().partition(|row| row.is_used());
    for row in used.iter().take(MOST_POOLS) {
        self::row(out, row, is_on(row), has_files);
    }
    *out += "</tbody></table></div>";
    rest(out, used.len());
    let named = unused.iter().filter(|row| !row.name.is_empty()).take(MOST_POOLS);
    let unused: Vec<String> = named.map(|row| escaped(&row.name)).collect();
    if !unused.is_empty() {
        let _ = write!(out, r#"<p class="pad xs dim first">Not used: {}</p>"#, unused.join(", "));
    }
}

/// What stands below a table that is longer than what is shown.
fn rest(out: &mut String, rows: usize) {
    if rows > MOST_POOLS {
        let more = number((rows - MOST_POOLS) as u64);
        let _ = write!(
            out,
            r#"<p class="pad xs dim first">{more} more, which did less; the command shows all: poolscope pool</p>"#
        );
    }
}

const ZERO: &str = r#"<span class="zero">0</span>"#;

fn plain(count: u64) -> String {
    if count == 0 { ZERO.to_owned() } else { number(count) }
}

/// The first cell.
fn name(row: &PoolRow, is_on: bool, has_files: bool) -> String {
    let tenant = if row.tenant.is_empty() { String::new() } else { format!(" · {}", escaped(&row.tenant)) };
    let file = if has_files { format!(" · {}", escaped(&row.file)) } else { String::new() };
    format!(
        r#"<td class="l sym" title="{type_name}"><button class="name sym" id="pool-{source}-{pool}" data-pool="{key}" aria-pressed="{is_on}">{name}</button><span class="dim">{tenant}{file}</span></td>"#,
        type_name = escaped(&row.type_name),
        source = row.key.source.0,
        pool = row.key.pool,
        key = escaped(&pool_key(row)),
        name = escaped(&row.name),
    )
}

fn row(out: &mut String, row: &PoolRow, is_on: bool, has_files: bool) {
    let told = |count: Option<u64>| count.map_or("–".to_owned(), plain);
    let part = |count: Option<u64>| match count {
        Some(count) if count > 0 => share(count as i64, row.gets.unwrap_or(0) as i64).replace('%', ""),
        count => told(count),
    };
    // Hits of which the record does not say where stand below all that they may have been.
    let tiers = if row.hits_private.is_none() && row.hits_unplaced > 0 {
        format!(
            r#"<td colspan="3" title="{} gets found an idle object; this record does not say in which tier">{} in these</td>"#,
            number(row.hits_unplaced),
            part(Some(row.hits_unplaced))
        )
    } else {
        [row.hits_private, row.hits_shared, row.hits_stolen].map(|hits| format!("<td>{}</td>", part(hits))).concat()
    };
    let waits = if row.timeouts > 0 {
        format!("{} ({} in vain)", number(row.waits), number(row.timeouts))
    } else {
        plain(row.waits)
    };
    let dropped = row.purged + row.dropped_full + row.dropped_oversize;
    let dropped_title = format!(
        "{} by purges, {} because the pool was full, {} too large",
        number(row.purged),
        number(row.dropped_full),
        number(row.dropped_oversize)
    );
    let peak = row.peak_bytes.map_or(String::new(), |peak| format!("at most {}", value("bytes", peak as i64)));
    let breaches = if row.violations == 0 {
        ZERO.to_owned()
    } else {
        format!(r#"<span class="bad">◆ {}</span>"#, number(row.violations))
    };
    let _ = write!(
        out,
        r#"<tr class="{on}" data-name="{name}">{cell}<td>{gets}</td>{tiers}<td>{victim}</td><td>{missed}</td><td>{waits}</td><td>{locked}</td><td>{purges}</td><td title="{dropped_title}">{dropped}</td><td>{out_now}</td><td title="{peak}">{bytes}</td><td>{retained}</td><td class="l">{breaches}</td><td class="l">{verdict}</td></tr>"#,
        on = if is_on { "on" } else { "" },
        name = escaped(&row.name),
        cell = self::name(row, is_on, has_files),
        gets = told(row.gets),
        victim = part(row.hits_victim),
        missed = part(row.missed),
        locked = match row.contended {
            Some(count) if count > 0 => time(row.contended_nanos),
            count => told(count),
        },
        purges = told(row.purges),
        dropped = plain(dropped),
        out_now = told(row.active),
        bytes = value("bytes", row.bytes as i64),
        retained = row.retained_bytes.map_or("–".to_owned(), |bytes| value("bytes", bytes as i64)),
        verdict = if row.unaccounted == 0 {
            r#"<span class="good">0, holds</span>"#.to_owned()
        } else {
            verdict(row.unaccounted)
        },
    );
}

/// Whether what came is accounted for, in words.
pub(super) fn verdict(unaccounted: i64) -> String {
    match unaccounted {
        0 => r#"<span class="good">0 unaccounted: holds</span>"#.to_owned(),
        off if off > 0 => format!(r#"<span class="bad">{} unaccounted for</span>"#, number(off as u64)),
        off => format!(r#"<span class="bad">{} there and never made</span>"#, number(off.unsigned_abs())),
    }
}
