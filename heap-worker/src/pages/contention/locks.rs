//! The table of locks, and both sides of the one that is looked at.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::{Amount, ContentionAnswer, LockRow, SideRow, SidesAnswer, StandingRow};
use analysis::words::{count, number, time};

use super::super::Here;
use super::super::table::{Cell, Column, Row, Table};
use super::stack;

/// Places shown of each side: the rest is in the flame graph.
const SIDES: usize = 3;

/// The section; nothing where there is no lock. `limit_millis` is the line above which a mean wait is long.
pub(super) fn section(answer: &ContentionAnswer, here: &Here, limit_millis: f64, out: &mut String) {
    if answer.locks.is_empty() {
        return;
    }
    let picked = answer.sides.as_ref().map_or("", |sides| sides.pick.as_str());
    out.push_str("<section class=\"sec\">");
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>Locks</h2><span class=\"dim\">{}</span></div>",
        match (answer.block.names.len().max(answer.mutex.names.len()), answer.block.seconds.or(answer.mutex.seconds)) {
            (0, _) => "by dumps of stacks: who stands there now",
            (_, Some(_)) => "who waits by block profiles, who holds by mutex profiles, between the first and the last",
            (_, None) => "who waits by block profiles, who holds by mutex profiles, since the program began",
        }
    );
    let longest = answer.locks.iter().filter_map(nanos).max().unwrap_or(0).max(1) as f64;
    // A side of which no profile tells anything needs no column.
    let is_told = answer.locks.iter().any(|lock| nanos(lock).is_some());
    let has_waited = answer.locks.iter().any(|lock| lock.waited.is_some());
    let has_held = answer.locks.iter().any(|lock| lock.held.is_some());
    let has_threads = answer.locks.iter().any(|lock| lock.threads.is_some());
    let shown = [true, has_waited, is_told, is_told, has_held, is_told && has_threads, true];
    let column = |title, about, is_left| Column { title, about, is_left };
    let columns = [
        column("Whose lock", "The type whose method takes it, or the function; then what is waited for", true),
        column("Waited", "Time of all who waited, by block profiles", false),
        column("Waits", "How often somebody waited", false),
        column("Mean", "Time by waits; the tick is the line from the thresholds", false),
        column("While held", "Time that others lost while it was held, by mutex profiles", false),
        column("Threads", "As if so many threads did nothing but wait, over the time between the profiles", false),
        column("Wait now", "How many stand there in the last snapshot of goroutines or threads", false),
    ];
    let kept = |at: &usize| shown.get(*at).copied().unwrap_or(true);
    let only = |mut row: Row| {
        let mut at = 0..;
        row.cells.retain(|_| at.next().is_some_and(|at| kept(&at)));
        row
    };
    Table {
        id: "locks",
        label: "Locks".to_owned(),
        columns: columns.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, column)| column).collect(),
        rows: answer.locks.iter().map(|lock| only(row(lock, here, limit_millis, longest, picked))).collect(),
        sorted: None,
        most: 40,
    }
    .write(here, out);
    if let Some(sides) = &answer.sides {
        both(answer, sides, here, out);
    }
    out.push_str("</section>");
}

fn nanos(lock: &LockRow) -> Option<i64> {
    Some(lock.waited.or(lock.held)?.nanos)
}

fn row(lock: &LockRow, here: &Here, limit_millis: f64, longest: f64, picked: &str) -> Row {
    let href = here.with(&[("pick", &lock.pick)]);
    let pool = if lock.is_pool { "<span class=\"tag\">pool</span>" } else { "" };
    let unknown = || Cell::text("–").title("No profile of this side is open, or it has none of this lock");
    let amount = |amount: Option<Amount>, is_main: bool| {
        amount.map_or_else(unknown, |amount| {
            let cell = Cell::number(amount.nanos as f64, time(amount.nanos));
            if is_main { cell.bar(amount.nanos as f64 / longest) } else { cell }
        })
    };
    let delay = lock.waited.or(lock.held);
    let mean = delay.map_or_else(unknown, |delay| {
        let limit = limit_millis * 1e6;
        // The line stands in the middle of the cell.
        let is_long = delay.mean as f64 >= limit;
        let mark = format!(
            "<i class=\"meanbar{}\" style=\"width:{:.1}%\"></i><i class=\"meanline\"></i>",
            if is_long { " over" } else { "" },
            (delay.mean as f64 / (2.0 * limit.max(1.0))).min(1.0) * 100.0
        );
        Cell::number(delay.mean as f64, time(delay.mean))
            .drawn(mark)
            .title(format!("The line is {limit_millis} ms a wait"))
    });
    Row {
        is_on: lock.pick == picked,
        cells: vec![
            Cell::text(lock.owner.clone()).to(href).drawn(format!("{pool}<small>{}</small>", escaped(&lock.kind))),
            amount(lock.waited, true),
            delay.map_or_else(unknown, |delay| Cell::number(delay.count as f64, count(delay.count))),
            mean,
            amount(lock.held, lock.waited.is_none()),
            lock.threads.map_or_else(
                || Cell::text("–").title("One profile does not tell since when it counts"),
                |threads| Cell::number(threads, format!("{threads:.2}")),
            ),
            lock.waiting_now.map_or_else(
                || Cell::text("–").title("No snapshot of stacks is open"),
                |now| Cell::number(now as f64, number(now)),
            ),
        ],
    }
}

/// Who waits beside who holds.
fn both(answer: &ContentionAnswer, sides: &SidesAnswer, here: &Here, out: &mut String) {
    let _ = write!(
        out,
        "<div class=\"split waitpair\" data-testid=\"sides\"><div><div class=\"hd\"><h2>Who waits</h2><span class=\"dim\">{}</span>{}</div>",
        escaped(&sides.owner),
        flame(here, answer.block.names.last(), &sides.waiters)
    );
    side(&sides.waiters, "waits", out);
    if sides.waiters.is_empty() {
        standing(&sides.standing, here, out);
        if sides.standing.is_empty() {
            absent(
                answer.block.names.is_empty(),
                "No block profile is open.",
                "No block profile has a wait for it: its rate is too coarse, or was set later.",
                out,
            );
        }
    }
    let _ = write!(
        out,
        "</div><div><div class=\"hd\"><h2>Who holds</h2><span class=\"dim\">{}</span>{}</div>",
        if sides.holders.iter().chain(&sides.waiters).any(|side| side.frames.iter().any(|frame| frame.is_shared)) {
            "<span class=\"key\"><b class=\"mark\">◆</b> in both stacks</span>"
        } else {
            ""
        },
        flame(here, answer.mutex.names.last(), &sides.holders)
    );
    side(&sides.holders, "others lost", out);
    if sides.holders.is_empty() {
        standing(&sides.holding, here, out);
        if sides.holding.is_empty() && sides.is_channel {
            out.push_str(
                "<p class=\"pad prose\">A channel has no holder: whoever stands at its other end would end the wait.</p>",
            );
        } else if sides.holding.is_empty() && !sides.is_go {
            out.push_str("<p class=\"pad prose\">No dump names a holder: whoever stands in wait() has given it up meanwhile.</p>");
        } else if sides.holding.is_empty() {
            absent(
                answer.mutex.names.is_empty(),
                "No mutex profile is open.",
                "The mutex profile names no holder of it: sampling missed it, or another function unlocks.",
                out,
            );
        }
    }
    out.push_str("</div></div>");
}

fn absent(is_missing: bool, missing: &str, silent: &str, out: &mut String) {
    let _ = write!(out, "<p class=\"pad prose\">{}</p>", if is_missing { missing } else { silent });
}

fn side(rows: &[SideRow], what: &str, out: &mut String) {
    let all = rows.iter().map(|row| row.amount.nanos).fold(0_i64, i64::saturating_add);
    // A place of less than a hundredth is told with the others.
    let is_large = |row: &&SideRow| row.amount.nanos.saturating_mul(100) >= all;
    let shown = rows.iter().take(SIDES).take_while(is_large).count();
    for row in rows.iter().take(shown) {
        let Amount { count: times, nanos, mean } = row.amount;
        let _ = write!(
            out,
            "<div class=\"pad sidestack\"><p class=\"amount\"><b>{}</b> {what} · {} × · {} each</p>",
            time(nanos),
            count(times),
            time(mean)
        );
        stack::list(&row.frames, out);
        out.push_str("</div>");
    }
    if rows.len() > shown {
        let left = rows.iter().skip(shown).map(|row| row.amount.nanos).fold(0_i64, i64::saturating_add);
        let more = rows.len() - shown;
        let places = if more == 1 { "place" } else { "places" };
        let _ = write!(out, "<p class=\"pad dim xs\">{more} more {places}, {} together.</p>", time(left));
    }
}

fn standing(rows: &[StandingRow], here: &Here, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    out.push_str("<div class=\"pad\"><ul class=\"links\">");
    for row in rows {
        let state = if row.state.is_empty() { String::new() } else { format!(" [{}]", escaped(&row.state)) };
        let _ = write!(
            out,
            "<li><span class=\"t\">{} in {}{state}</span><a class=\"go\" href=\"{}\">Stack</a></li>",
            number(row.count),
            escaped(&row.function),
            here.with(&[("pick", &row.pick)])
        );
    }
    out.push_str("</ul></div>");
}

/// Where the profile's last file is drawn.
fn flame(here: &Here, file: Option<&String>, sides: &[SideRow]) -> String {
    let function = sides
        .first()
        .and_then(|side| side.frames.iter().find(|frame| frame.is_own))
        .map_or("", |f| f.function.as_str());
    file.filter(|_| !sides.is_empty()).map_or(String::new(), |file| {
        let href = here.to(&[("view", "heap"), ("tab", "flame"), ("type", "delay"), ("cur", file), ("sel", function)]);
        format!("<a class=\"go end\" href=\"{href}\">Flame graph</a>")
    })
}
