//! Before and after: which files are of which group, whether the fix worked, and what differs, with intervals.

mod cycles;
mod differences;
mod sizes;

use std::fmt::Write;

use analysis::groups::{Comparison, Conclusion, Measure, Side, Told};
use analysis::link::with_entry;
use analysis::markup::escaped;
use analysis::query::{Engine, GroupsAnswer, MarkedFile};
use analysis::words::{number, seconds};

use super::{Here, by_script, nothing};

/// The page.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let answer = engine.groups(here.get("grp"));
    if answer.files.is_empty() {
        return nothing(
            "Before and after",
            "No file is open. Drop files of the build before a fix and of the build after it, or of a canary and its control.",
            "curl -so before.heap.0.pb.gz localhost:6060/debug/pprof/heap",
            &by_script(here),
        );
    }
    let of = |side| answer.files.iter().filter(|file| file.side == Some(side)).count();
    let (before, after) = (of(Side::Before), of(Side::After));
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>Before and after</h2><span class=\"dim\">{} files: {before} before, {after} after, {} neither</span>",
        answer.files.len(),
        answer.files.len() - before - after
    );
    if before + after > 0 {
        let _ = write!(
            out,
            "<span class=\"end\"><a class=\"btn\" href=\"{}\">Swap</a> <a class=\"btn\" href=\"{}\">Clear marks</a></span>",
            here.with(&[("grp", &swapped(answer))]),
            here.with(&[("grp", "")])
        );
    }
    out.push_str("</div>");
    match &answer.comparison {
        Some(comparison) => {
            compared(here, comparison, &mut out);
            files(answer, false, &mut out);
        }
        None => {
            invitation(here, answer, &mut out);
            files(answer, true, &mut out);
        }
    }
    out
}

/// Marks with before and after changed about.
fn swapped(answer: &GroupsAnswer) -> String {
    answer.files.iter().fold(String::new(), |link, file| match file.side {
        Some(Side::Before) => with_entry(&link, &file.name, Side::After.mark()),
        Some(Side::After) => with_entry(&link, &file.name, Side::Before.mark()),
        None => link,
    })
}

/// What to do while not both groups have files.
fn invitation(here: &Here, answer: &GroupsAnswer, out: &mut String) {
    out.push_str(
        "<p class=\"pad prose\">Mark files as before and after a fix, or as control and canary. Then each function, pool, lock and the \
         collector are compared by rates, with intervals, and one sentence says whether the fix worked.</p>",
    );
    let Some(proposal) = &answer.proposal else { return };
    let [before, after] = proposal.counts;
    let others = (answer.files.len() as u64).saturating_sub(u64::from(before) + u64::from(after));
    let others = match others {
        0 => String::new(),
        others => format!(" {} by hand: nothing tells which of the two they are.", number(others)),
    };
    let _ = write!(
        out,
        "<p class=\"pad propose\"><a class=\"btn prime\" data-testid=\"propose\" href=\"{}\">Mark {before} as before, {after} as after</a><span>Guessed {}.{others}</span></p>",
        here.with(&[("grp", &proposal.link)]),
        escaped(&proposal.why)
    );
}

fn compared(here: &Here, comparison: &Comparison, out: &mut String) {
    let verdict = &comparison.verdict;
    let (class, word) = match verdict.conclusion {
        Conclusion::Worked => ("better", "worked"),
        Conclusion::Mixed => ("mixed", "mixed"),
        Conclusion::Worse => ("worse", "worse"),
        Conclusion::NotShown => ("open", "not shown"),
    };
    let _ = write!(
        out,
        "<div class=\"gverdict {class}\" data-testid=\"groups-verdict\" data-conclusion=\"{word}\"><p>{}</p>",
        escaped(&verdict.text)
    );
    if !verdict.next.is_empty() {
        let _ = write!(out, "<p class=\"next\">{}</p>", escaped(&verdict.next));
    }
    out.push_str("</div><div class=\"gtold\">");
    let [before, after] = &comparison.told;
    told("before", "Before", before, out);
    told("after", "After", after, out);
    out.push_str("</div>");
    differences::changed(here, comparison, out);
    sizes::section(here, comparison, out);
    cycles::section(here, comparison, out);
    differences::unchanged(here, comparison, out);
    if !comparison.notes.is_empty() {
        out.push_str("<section class=\"sec\"><div class=\"hd\"><h2>What limits this</h2></div><ul class=\"gnotes\">");
        for note in &comparison.notes {
            let _ = write!(out, "<li>{}</li>", escaped(note));
        }
        out.push_str("</ul></section>");
    }
}

fn told(class: &str, title: &str, told: &Told, out: &mut String) {
    let heaps = match (told.heaps, told.seconds > 0.0) {
        (0, _) => "no heap profile".to_owned(),
        (1, false) => "1 heap snapshot".to_owned(),
        (heaps, false) => format!("{heaps} heap snapshots without times"),
        (heaps, true) => format!("{heaps} heap snapshots over {}", seconds(told.seconds)),
    };
    let processes = if told.processes > 1 { format!(", of {} processes", told.processes) } else { String::new() };
    let rate = told
        .allocation
        .map_or(String::new(), |rate| format!(", allocating {}", Measure::AllocBytes.estimate_words(rate)));
    let _ = write!(
        out,
        "<span><i class=\"gkey {class}\"></i><b>{title}</b> {}</span>",
        escaped(&(heaps + &processes + &rate))
    );
}

/// Files with their marks, in the order of time.
fn files(answer: &GroupsAnswer, is_open: bool, out: &mut String) {
    let _ = write!(
        out,
        "<details class=\"sec gfiles\" data-testid=\"groups-files\"{}><summary>{} files and their marks</summary><table class=\"pgtable\" aria-label=\"Files and their marks\"><thead><tr><th class=\"l\">Group</th><th class=\"l\">File</th><th class=\"l\">Kind</th><th class=\"l\">Captured (UTC)</th><th class=\"l\">Build</th></tr></thead><tbody>",
        if is_open { " open" } else { "" },
        number(answer.files.len() as u64)
    );
    for file in &answer.files {
        let (name, class) = (escaped(&file.name), file.side.map_or("", Side::mark));
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td class=\"l\"><select data-pair=\"grp\" data-name=\"{name}\" aria-label=\"Group of {name}\">{}</select></td><td class=\"l\"><code>{name}</code></td><td class=\"l\">{}</td><td class=\"l\">{}</td><td class=\"l dim\" title=\"{build}\">{}</td></tr>",
            choices(file),
            escaped(&file.kind),
            file.time_nanos.map_or("–".to_owned(), captured),
            escaped(&file.build_id.chars().take(16).collect::<String>()),
            build = escaped(&file.build_id)
        );
    }
    out.push_str("</tbody></table></details>");
}

fn choices(file: &MarkedFile) -> String {
    let choice = |side: Option<Side>, words: &str| {
        let selected = if file.side == side { " selected" } else { "" };
        format!("<option value=\"{}\"{selected}>{words}</option>", side.map_or("", Side::mark))
    };
    [choice(None, "neither"), choice(Some(Side::Before), "before"), choice(Some(Side::After), "after")].concat()
}

/// `2026-11-23 22:59:42`.
fn captured(unix_nanos: i64) -> String {
    let seconds = unix_nanos.div_euclid(1_000_000_000);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days of the civil calendar since 1970 (Hinnant, “chrono-compatible low-level date algorithms”).
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let (date, month) = (of_year - (153 * shifted_month + 2) / 5 + 1, (shifted_month + 2) % 12 + 1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{date:02} {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(captured(1_795_474_782_556_713_718), "2026-11-23 22:59:42");
        assert_eq!(captured(951_782_400_000_000_000), "2000-02-29 00:00:00");
        assert_eq!(captured(-1), "1969-12-31 23:59:59");
    }
}
