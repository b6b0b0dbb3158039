//! All pools in one table: hits by tier, misses, waits, purges, what they hold.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::PoolRow;
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::{States, pool_key};
use super::markup::{Markup, time};
use crate::format::{share, value};

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
            <div class="hd"><h2>"Pools"</h2><span class="dim">"whole record; shares are of gets; a miss makes a new object"</span></div>
            <Markup of=Box::new(of) class="xscroll" node/>
        </div>
    }
}

fn table(pools: &[PoolRow], is_on: impl Fn(&PoolRow) -> bool) -> String {
    let has_files = pools.first().is_some_and(|first| pools.iter().any(|row| row.file != first.file));
    let is_used = |row: &&PoolRow| row.gets + row.made > 0 || row.violations > 0;
    let mut out = String::from(
        r#"<table class="pools"><thead><tr><th class="l">pool</th><th>gets</th><th title="From the thread's private slot">private<small>%</small></th><th title="From the own queue">shared<small>%</small></th><th title="From another thread's or shard's objects">stolen<small>%</small></th><th title="From the victim generation">victim<small>%</small></th><th title="A new object was made">missed<small>%</small></th><th title="Gets that waited, and in vain">waits</th><th title="Time stood at locked queues">locked</th><th>purges</th><th title="Dropped by purges, and because the pool was full or the object too large">dropped</th><th>out</th><th>holds</th><th title="Idle objects and victims">retains</th><th class="l">breaches</th><th class="l" title="What came less what is accounted for">unaccounted</th></tr></thead><tbody>"#,
    );
    for row in pools.iter().filter(is_used) {
        self::row(&mut out, row, is_on(row), has_files);
    }
    out += "</tbody></table>";
    let unused: Vec<String> =
        pools.iter().filter(|row| !is_used(row) && !row.name.is_empty()).map(|row| escaped(&row.name)).collect();
    if !unused.is_empty() {
        let _ = write!(out, r#"<p class="pad xs dim first">Not used: {}</p>"#, unused.join(", "));
    }
    out
}

fn row(out: &mut String, row: &PoolRow, is_on: bool, has_files: bool) {
    let part = |count: u64| {
        if count == 0 {
            r#"<span class="zero">0</span>"#.to_owned()
        } else {
            share(count as i64, row.gets as i64).replace('%', "")
        }
    };
    let plain = |count: u64| if count == 0 { r#"<span class="zero">0</span>"#.to_owned() } else { number(count) };
    let key = escaped(&pool_key(row));
    let tenant = if row.tenant.is_empty() { String::new() } else { format!(" · {}", escaped(&row.tenant)) };
    let file = if has_files { format!(" · {}", escaped(&row.file)) } else { String::new() };
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
        r#"<span class="zero">0</span>"#.to_owned()
    } else {
        format!(r#"<span class="bad">◆ {}</span>"#, number(row.violations))
    };
    let _ = write!(
        out,
        r#"<tr class="{on}" data-name="{name}"><td class="l sym" title="{type_name}"><button class="name sym" id="pool-{source}-{pool}" data-pool="{key}" aria-pressed="{is_on}">{name}</button><span class="dim">{tenant}{file}</span></td><td>{gets}</td><td>{private}</td><td>{shared}</td><td>{stolen}</td><td>{victim}</td><td>{missed}</td><td>{waits}</td><td>{locked}</td><td>{purges}</td><td title="{dropped_title}">{dropped}</td><td>{out_now}</td><td title="{peak}">{bytes}</td><td>{retained}</td><td class="l">{breaches}</td><td class="l">{verdict}</td></tr>"#,
        on = if is_on { "on" } else { "" },
        source = row.key.source.0,
        pool = row.key.pool,
        name = escaped(&row.name),
        type_name = escaped(&row.type_name),
        gets = plain(row.gets),
        private = part(row.hits_private),
        shared = part(row.hits_shared),
        stolen = part(row.hits_stolen),
        victim = part(row.hits_victim),
        missed = part(row.gets.saturating_sub(row.hits_private + row.hits_shared + row.hits_stolen + row.hits_victim)),
        locked =
            if row.contended == 0 { r#"<span class="zero">0</span>"#.to_owned() } else { time(row.contended_nanos) },
        purges = plain(row.purges),
        dropped = plain(dropped),
        out_now = plain(row.active),
        bytes = value("bytes", row.bytes as i64),
        retained = value("bytes", row.retained_bytes as i64),
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
