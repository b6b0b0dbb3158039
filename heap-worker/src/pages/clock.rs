//! The workbench of clocks: how each file was put on the session's clock, how far off that may be, and a field to move it.

use std::fmt::Write;

use analysis::link::with_entry;
use analysis::markup::escaped;
use analysis::query::{ClockAnswer, ClockRow, Engine, PlaceRow};
use analysis::timeline::{Ruler, Window, nanos_words, ruler, time_words};

use super::{Here, by_script, nothing};

/// Width of the drawing; it is stretched to the column.
const WIDTH: f64 = 1_000.0;

/// The page.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    engine.move_clocks(here.get("off"));
    let answer = engine.clock();
    if answer.rows.is_empty() {
        return nothing(
            "Clock",
            "No file is open.",
            "curl -so trace.out localhost:6060/debug/pprof/trace?seconds=5",
            &by_script(here),
        );
    }
    let placed = answer.rows.iter().filter(|row| row.place.is_some()).count();
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>One clock</h2><span class=\"dim\">{placed} of {} files placed, on {}</span>",
        answer.rows.len(),
        if answer.is_wall { "wall-clock time" } else { "the clock of a file: none tells wall-clock time" }
    );
    if !here.get("off").is_empty() {
        let _ = write!(out, "<a class=\"btn end\" href=\"{}\">None by hand</a>", here.with(&[("off", "")]));
    }
    out.push_str(
        "</div><p class=\"pad prose\">Findings judge on this clock: what is moved here is judged where it stands then. What tells wall-clock time is taken at its word; \
         a trace or a log that does not is matched by moments that both saw: stops of the world, ends of GC pauses, cycles. The residual is \
         how far off the result may be at most. A file that stands wrong can be moved by hand, and the link keeps that.</p>",
    );
    let axis = Axis::of(&answer);
    out.push_str("<div class=\"xscroll\"><table class=\"pgtable clocks\" data-testid=\"clocks\" aria-label=\"Files on the session’s clock\"><thead><tr><th class=\"l\">File</th><th class=\"l lane\">");
    axis.head(&mut out);
    out.push_str(
        "</th><th class=\"l\" title=\"How it was placed\">Method</th><th class=\"l\" title=\"Moments that both saw, and with which files\">Matched</th>\
         <th title=\"How far off it may be at most; the bar is logarithmic, from 1 ns to 10 s\">Residual</th><th class=\"l\">Sure</th>\
         <th title=\"Milliseconds by which it is moved: from where it was found, or from the session’s first moment\">Move by, ms</th></tr></thead><tbody>",
    );
    for row in &answer.rows {
        write_row(row, &axis, here, &mut out);
    }
    out.push_str("</tbody></table></div>");
    out
}

fn write_row(row: &ClockRow, axis: &Axis, here: &Here, out: &mut String) {
    let name = escaped(&row.name);
    let _ = write!(
        out,
        "<tr data-file=\"{name}\"><td class=\"l\" title=\"{name}\"><span class=\"kind\">{}</span> <code>{name}</code></td><td class=\"l lane\">",
        escaped(&row.badge)
    );
    axis.lane(row, out);
    let (method, how, matched, with, sure) = match &row.place {
        Some(place) => (
            place.method.as_str(),
            place.how.as_str(),
            place.matched.clone(),
            place.with.join(", "),
            place.confidence.as_str(),
        ),
        None => ("not placed", "Only by hand: from the session’s first moment.", String::new(), String::new(), ""),
    };
    let beside = if with.is_empty() { String::new() } else { format!("<small>{}</small>", escaped(&with)) };
    let _ = write!(
        out,
        "</td><td class=\"l\" title=\"{}\">{}</td><td class=\"l with\" title=\"{}\">{}{beside}</td><td>{}</td><td class=\"l\">{}</td>",
        escaped(how),
        escaped(method),
        escaped(&with),
        escaped(&matched),
        row.place.as_ref().map_or("–".to_owned(), residual),
        escaped(sure)
    );
    let _ = write!(
        out,
        "<td><input class=\"num\" inputmode=\"decimal\" data-pair=\"off\" data-name=\"{name}\" value=\"{}\" placeholder=\"0\" aria-label=\"Move {name} by milliseconds\"></td></tr>",
        escaped(&row.by_hand)
    );
    for other in &row.others {
        write_other(row, other, axis, here, out);
    }
}

/// A way that was not taken, with a link that takes it.
fn write_other(row: &ClockRow, other: &PlaceRow, axis: &Axis, here: &Here, out: &mut String) {
    let moved = with_entry(here.get("off"), &row.name, &format!("{:.6}", other.move_millis));
    let begin = row.place.as_ref().zip(row.span).map(|(place, span)| {
        let apart = other.offset_nanos.saturating_sub(place.offset_nanos);
        let sign = if apart < 0 { "−" } else { "+" };
        (span.0.saturating_add(apart), format!("{sign}{}", nanos_words(apart.saturating_abs())))
    });
    let (at, apart) = begin.unzip();
    let at = at.map_or(String::new(), |at| format!("would begin at {}", axis.time(at)));
    let _ = write!(
        out,
        "<tr class=\"other\"><td class=\"l\">or</td><td class=\"l lane\">{}{}</td><td class=\"l\" title=\"{}\">{}</td><td class=\"l with\">{}</td><td>{}</td><td class=\"l\">{}</td><td><a href=\"{}\">take it</a></td></tr>",
        at,
        apart.map_or(String::new(), |apart| format!(", {apart}")),
        escaped(&other.how),
        escaped(&other.method),
        escaped(&other.matched),
        residual(other),
        escaped(&other.confidence),
        here.with(&[("off", &moved)])
    );
}

/// In words, with a bar on a logarithmic scale.
fn residual(place: &PlaceRow) -> String {
    let bar = place.residual_nanos.filter(|&nanos| nanos > 0).map_or(String::new(), |nanos| {
        let share = (nanos as f64).log10() / 10.0;
        format!("<i class=\"cellbar\" style=\"width:{:.0}%\"></i>", share.clamp(0.02, 1.0) * 100.0)
    });
    format!("{bar}{}", escaped(&place.residual_words()))
}

/// Session time across the drawing.
struct Axis {
    begin: i64,
    length: i64,
    /// The session's first moment, which times count from.
    zero: i64,
    ruler: Ruler,
}

impl Axis {
    fn of(answer: &ClockAnswer) -> Self {
        let (zero, end) = answer.span.unwrap_or((0, 0));
        // Hostile times may lie further apart than a number holds.
        let zero = zero.max(end.saturating_sub(i64::MAX / 4));
        // A little room on both sides, so that what stands at an end is seen.
        let room = end.saturating_sub(zero) / 50 + 1_000_000;
        let (begin, end) = (zero.saturating_sub(room), end.saturating_add(room));
        let length = end.saturating_sub(begin).max(1);
        Self { begin, length, zero, ruler: ruler(Window::new(begin, end), zero, 6) }
    }

    /// Place of a time, from 0 to [`WIDTH`].
    fn x(&self, time: i64) -> f64 {
        (time.saturating_sub(self.begin) as f64 / self.length as f64 * WIDTH).clamp(0.0, WIDTH)
    }

    /// A time since the session's first moment.
    fn time(&self, time: i64) -> String {
        time_words(time.saturating_sub(self.zero), self.length)
    }

    fn head(&self, out: &mut String) {
        let _ = write!(out, "<span class=\"ticks\">{}", escaped(&self.ruler.base));
        for (at, (time, words)) in self.ruler.ticks.iter().enumerate() {
            let unit = if at == 0 { format!(" {}", self.ruler.unit) } else { String::new() };
            let _ = write!(out, "<i style=\"left:{:.2}%\">{}{unit}</i>", self.x(*time) / WIDTH * 100.0, escaped(words));
        }
        out.push_str("</span>");
    }

    /// A file as a bar from its first moment to its last, with whiskers as far as it may be off.
    fn lane(&self, row: &ClockRow, out: &mut String) {
        let Some((begin, end)) = row.span else {
            out.push_str(match row.others.is_empty() {
                true => "<span class=\"dim xs\">it tells no time, and no moment that another file tells too</span>",
                false => "<span class=\"dim xs\">fits at several places: take one, or enter where it stands</span>",
            });
            return;
        };
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} 18\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"from {} to {}\">",
            escaped(&self.time(begin)),
            escaped(&self.time(end))
        );
        for (time, _) in &self.ruler.ticks {
            let x = self.x(*time);
            let _ = write!(out, "<path class=\"grid\" d=\"M{x:.1} 0V18\"/>");
        }
        let (from, to) = (self.x(begin), self.x(end));
        let place = row.place.as_ref();
        let off = place.and_then(|place| place.residual_nanos);
        // Where no bound is known, it may be anywhere after.
        let (low, high) = match (off, place) {
            (None, Some(_)) => (from, WIDTH),
            (off, _) => (self.x(begin.saturating_sub(off.unwrap_or(0))), self.x(end.saturating_add(off.unwrap_or(0)))),
        };
        let class = if off.is_none() { "off open" } else { "off" };
        let _ = write!(out, "<path class=\"{class}\" d=\"M{low:.1} 9H{high:.1}M{low:.1} 5V13M{high:.1} 5V13\"/>");
        let _ = write!(
            out,
            "<rect class=\"span\" x=\"{:.1}\" y=\"4\" width=\"{:.1}\" height=\"10\"/></svg>",
            from - 1.5,
            (to - from).max(0.0) + 3.0
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::ControlFlow;

    use super::*;

    fn engine() -> Engine {
        let mut engine = Engine::default();
        let run = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/go/leak-retained/go1.27.3");
        for name in ["memstats.jsonl", "gctrace.txt", "heap.0.pb.gz"] {
            let bytes = std::fs::read(format!("{run}/{name}")).unwrap();
            engine.session_mut().open(&format!("a<b/{name}"), bytes, &mut |_| ControlFlow::Continue(())).unwrap();
        }
        engine
    }

    #[test]
    fn every_file_has_its_row_and_names_are_words() {
        let mut engine = engine();
        let made = page(&mut engine, &Here::new("#v=1&view=files&page=clock"));
        assert_eq!(made.matches("<tr data-file=").count(), 3);
        assert!(made.contains("a&lt;b/gctrace.txt") && !made.contains("a<b/"), "{made}");
        assert!(made.contains("3 of 3 files placed, on wall-clock time") && made.contains("GC cycles"), "{made}");
    }

    #[test]
    fn a_file_moved_by_hand_stands_there_and_says_where_it_was_found() {
        let mut engine = engine();
        let made = page(&mut engine, &Here::new("#v=1&view=files&page=clock&off=a%3Cb/gctrace.txt:12.5"));
        assert!(made.contains("set by hand") && made.contains("value=\"12.5\""), "{made}");
        assert!(made.contains("None by hand") && made.contains("take it"), "{made}");
        // Nonsense moves nothing.
        for entry in ["gctrace.txt:x", "gctrace.txt:1e400", "gctrace.txt:NaN", "none:3", ""] {
            let made = page(&mut engine, &Here::new(&format!("#v=1&view=files&page=clock&off=a%3Cb/{entry}")));
            assert!(!made.contains("set by hand"), "{entry}");
        }
    }
}
