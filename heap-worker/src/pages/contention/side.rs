//! The panel at the side: what is picked, with its whole stack, what was found of it, and where else it shows.

use std::fmt::Write;

use analysis::findings::{Finding, Severity};
use analysis::markup::escaped;
use analysis::query::{ContentionAnswer, GroupAnswer, RaceRow, SidesAnswer};
use analysis::words::number;

use super::super::Here;
use super::stack;

/// What the panel shows, by its pick: what the link names, or what is shown in its stead.
pub(super) fn picked(answer: &ContentionAnswer, pick: &str) -> String {
    let is_race = answer.races.iter().any(|race| race.pick == pick);
    let lock = answer.sides.as_ref().filter(|sides| sides.pick == pick);
    let group = answer.group.as_ref().map(|group| group.row.pick.clone());
    match (is_race || lock.is_some(), group) {
        (true, _) => pick.to_owned(),
        (false, Some(group)) => group,
        (false, None) => {
            let first_race = || answer.races.first().map(|race| race.pick.clone());
            answer.sides.as_ref().map(|sides| sides.pick.clone()).or_else(first_race).unwrap_or_default()
        }
    }
}

/// Writes it.
pub(super) fn panel(answer: &ContentionAnswer, here: &Here, findings: &[(usize, &Finding)], out: &mut String) {
    let pick = here.get("pick");
    if let Some(race) = answer.races.iter().find(|race| race.pick == pick) {
        return of_race(race, findings, here, out);
    }
    if let Some(sides) = answer.sides.as_ref().filter(|sides| sides.pick == pick || answer.group.is_none()) {
        of_lock(sides, findings, here, out);
        // Who stands there now, whole.
        if let Some(group) = answer.group.as_ref().filter(|group| group.lock.as_deref() == Some(&sides.pick)) {
            of_group(answer, group, &[], here, out);
        }
        return;
    }
    if let Some(group) = &answer.group {
        return of_group(answer, group, findings, here, out);
    }
    if let Some(race) = answer.races.first() {
        of_race(race, findings, here, out);
    }
}

fn head(title: &str, what: &str, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2 class=\"wrap mono\">{}</h2><span class=\"dim\">{}</span></div>",
        escaped(title),
        escaped(what)
    );
}

fn found(findings: &[(usize, &Finding)], here: &Here, out: &mut String) {
    for (at, finding) in findings {
        let severity = match finding.severity {
            Severity::L1 => "s1",
            Severity::L2 => "s2",
            Severity::L3 => "s3",
        };
        let _ = write!(
            out,
            "<div class=\"waitfound {severity}\"><a href=\"{}\">{}</a><p>{}</p></div>",
            here.to(&[("view", "findings"), ("finding", &at.to_string())]),
            escaped(&finding.claim),
            escaped(&finding.detail)
        );
    }
}

fn of_lock(sides: &SidesAnswer, findings: &[(usize, &Finding)], here: &Here, out: &mut String) {
    head(&sides.owner, "lock", out);
    found(findings, here, out);
    if !sides.standing.is_empty() {
        out.push_str("<div class=\"sec\"><div class=\"hd\"><h2>They wait there now</h2></div><div class=\"pad\"><ul class=\"links\">");
        for row in &sides.standing {
            let state = if row.state.is_empty() { String::new() } else { format!(" [{}]", escaped(&row.state)) };
            let _ = write!(
                out,
                "<li><span class=\"t\">{} in {}{state}</span><a class=\"go\" href=\"{}\">Stack</a></li>",
                number(row.count),
                escaped(&row.function),
                here.with(&[("pick", &row.pick)])
            );
        }
        out.push_str("</ul></div></div>");
    }
}

fn of_group(
    answer: &ContentionAnswer,
    group: &GroupAnswer,
    findings: &[(usize, &Finding)],
    here: &Here,
    out: &mut String,
) {
    let row = &group.row;
    head(&row.function, if row.state.is_empty() { "state not told" } else { &row.state }, out);
    found(findings, here, out);
    out.push_str("<div class=\"pad\"><table class=\"kv\"><tbody>");
    let mut pair = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(out, "<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(value));
        }
    };
    for (moment, &count) in group.moments.iter().zip(&row.counts) {
        pair(&moment.name, &format!("{} of {}", number(count), number(moment.total)));
    }
    pair("Longest wait", &row.wait_minutes.map_or(String::new(), |minutes| format!("{minutes} min")));
    pair("Never run again", &if row.leaked > 0 { number(row.leaked) } else { String::new() });
    pair("Started at", &row.created);
    pair("Threads", &group.names.join(", "));
    for (address, count) in &group.waits_for {
        pair("Wait for", &format!("{address} × {}", number(*count)));
    }
    out.push_str("</tbody></table></div>");
    let _ = write!(
        out,
        "<div class=\"sec\"><div class=\"hd\"><h2>Stack</h2><span class=\"dim\">{} frames, leaf first</span></div><div class=\"pad\" data-testid=\"stack\">",
        group.frames.len()
    );
    stack::list(&group.frames, out);
    out.push_str("</div></div>");
    also(answer, group, here, out);
}

/// Where else it shows.
fn also(answer: &ContentionAnswer, group: &GroupAnswer, here: &Here, out: &mut String) {
    let own = group.frames.iter().find(|frame| frame.is_own).map_or("", |frame| frame.function.as_str());
    // Who started them, or what they were started with, keeps what they hold.
    let entry = group.frames.iter().rev().find(|frame| !frame.is_library).map_or(own, |frame| frame.function.as_str());
    let mut links = Vec::new();
    if let Some(profile) = &group.profile {
        let to =
            |tab| here.to(&[("view", "heap"), ("tab", tab), ("type", "goroutine"), ("cur", profile), ("sel", own)]);
        links.push((format!("Where all stand, in {profile}"), "Flame graph", to("flame")));
        links.push((format!("{own} over the snapshots"), "Growth", to("growth")));
    }
    if answer.has_heap && !entry.is_empty() {
        let held = here.to(&[("view", "heap"), ("tab", "table"), ("type", "inuse_space"), ("sel", entry)]);
        links.push((format!("What the heap holds under {entry}"), "Heap", held));
    }
    if let Some(lock) = &group.lock {
        links.push(("Who waits and who holds".to_owned(), "Lock", here.with(&[("pick", lock)])));
    }
    if links.is_empty() {
        return;
    }
    out.push_str("<div class=\"sec\"><div class=\"hd\"><h2>Also in</h2></div><div class=\"pad\"><ul class=\"links\">");
    for (words, name, href) in links {
        let _ = write!(
            out,
            "<li><span class=\"t\">{}</span><a class=\"go\" href=\"{href}\">{name}</a></li>",
            escaped(&words)
        );
    }
    out.push_str("</ul></div></div>");
}

fn of_race(race: &RaceRow, findings: &[(usize, &Finding)], here: &Here, out: &mut String) {
    head("Data race", &race.pick.replace("race:", "0x"), out);
    found(findings, here, out);
    for (title, access) in [("Seen", &race.now), ("Before it", &race.before)] {
        let _ = write!(
            out,
            "<div class=\"sec\"><div class=\"hd\"><h2>{title}: {}</h2><span class=\"dim\">{}</span></div><div class=\"pad\">",
            escaped(&access.what),
            escaped(&if access.created.is_empty() {
                "main goroutine, or not told".to_owned()
            } else {
                format!("started at {}", access.created)
            })
        );
        stack::list(&access.frames, out);
        out.push_str("</div></div>");
    }
}
