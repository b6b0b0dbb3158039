//! Amounts that lie on each other: one bar, or areas over time with a line of their sum as somebody else counts it.

use std::fmt::Write;

use analysis::markup::chart::POINTER_ONLY;
use analysis::markup::escaped;
use analysis::words::size;

/// A part of a bar or an area.
pub(super) struct Part {
    pub(super) title: String,
    /// What it is, said on hover.
    pub(super) about: String,
    pub(super) bytes: u64,
    /// A token of the page's style.
    pub(super) color: &'static str,
    /// Where it leads; empty for nowhere.
    pub(super) href: String,
}

/// A bar with its name before and its sum behind, `most` bytes wide; parts too thin to see are drawn all the same by the key.
pub(super) fn bar(id: &str, name: &str, parts: &[Part], marks: &[(u64, String)], most: u64, out: &mut String) {
    let share = |bytes: u64| (bytes as f64 / most.max(1) as f64 * 100.0).clamp(0.0, 100.0);
    let sum: u64 = parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes));
    let words: Vec<String> = parts.iter().map(|part| format!("{} {}", part.title, size(part.bytes))).collect();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"membar\" data-testid=\"{id}\"><span class=\"n\">{}</span><span class=\"track\"><span class=\"sr\" role=\"img\" aria-label=\"{}: {}\"></span>",
        escaped(name),
        escaped(name),
        escaped(&words.join(", "))
    );
    for part in parts.iter().filter(|part| part.bytes > 0) {
        let (tag, href) = match part.href.as_str() {
            "" => ("i", String::new()),
            href => ("a", format!(" href=\"{href}\"{POINTER_ONLY}")),
        };
        let _ = write!(
            out,
            "<{tag}{href} style=\"width:{:.2}%;--c:var({})\" title=\"{}: {}. {}\"></{tag}>",
            share(part.bytes),
            part.color,
            escaped(&part.title),
            size(part.bytes),
            escaped(&part.about)
        );
    }
    for (at, words) in marks {
        let _ = write!(out, "<b style=\"left:{:.2}%\" title=\"{}\"></b>", share(*at), escaped(words));
    }
    let _ = write!(out, "</span><span class=\"v\">{}</span></div>", size(sum));
    key(parts, out);
}

/// What colours stand for, with the numbers.
fn key(parts: &[Part], out: &mut String) {
    out.push_str("<div class=\"memkey\">");
    for part in parts.iter().filter(|part| part.bytes > 0) {
        let _ = write!(
            out,
            "<span class=\"key\" title=\"{}\"><span class=\"chip\" style=\"--c:var({})\"></span>{} <b>{}</b></span>",
            escaped(&part.about),
            part.color,
            escaped(&part.title),
            size(part.bytes)
        );
    }
    out.push_str("</div>");
}

/// Areas over time.
pub(super) struct Areas {
    /// Names and colours, from below.
    pub(super) layers: Vec<(&'static str, &'static str)>,
    /// By moment: when, in shares of the width, and the layers' bytes.
    pub(super) moments: Vec<(f64, Vec<u64>)>,
    /// The line above: when, and bytes.
    pub(super) line: Vec<(f64, u64)>,
    pub(super) line_title: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 160.0;

impl Areas {
    pub(super) fn write(&self, id: &str, label: &str, out: &mut String) {
        let sums =
            self.moments.iter().map(|(_, layers)| layers.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes)));
        let most = sums.chain(self.line.iter().map(|(_, bytes)| *bytes)).max().unwrap_or(0);
        let top = round_up(most);
        let y = |bytes: f64| HEIGHT - (bytes / top.max(1) as f64).clamp(0.0, 1.0) * HEIGHT;
        let _ = write!(
            out,
            "<div class=\"areas\" data-testid=\"{id}\"><span class=\"y\">{}</span><span class=\"y half\">{}</span><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\"><path class=\"half\" d=\"M0 {h}H{WIDTH}\"/>",
            size(top),
            size(top / 2),
            escaped(label),
            h = HEIGHT / 2.0
        );
        let mut below = vec![0.0_f64; self.moments.len()];
        for (layer, (title, color)) in self.layers.iter().enumerate() {
            let above: Vec<f64> = below
                .iter()
                .zip(&self.moments)
                .map(|(below, (_, bytes))| below + bytes.get(layer).copied().unwrap_or(0) as f64)
                .collect();
            let mut path = String::new();
            for (at, ((x, _), bytes)) in self.moments.iter().zip(&above).enumerate() {
                let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, x * WIDTH, y(*bytes));
            }
            for ((x, _), bytes) in self.moments.iter().zip(&below).rev() {
                let _ = write!(path, "L{:.1} {:.1}", x * WIDTH, y(*bytes));
            }
            let _ =
                write!(out, "<path d=\"{path}Z\" style=\"fill:var({color})\"><title>{}</title></path>", escaped(title));
            below = above;
        }
        if self.line.len() > 1 {
            let mut path = String::new();
            for (at, (x, bytes)) in self.line.iter().enumerate() {
                let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, x * WIDTH, y(*bytes as f64));
            }
            let _ = write!(out, "<path class=\"rss\" d=\"{path}\"><title>{}</title></path>", self.line_title);
        }
        out.push_str("</svg>");
        for (x, bytes) in &self.line {
            let title = format!("{} {}", self.line_title, size(*bytes));
            let _ = write!(
                out,
                "<i style=\"left:{:.2}%;top:{:.2}%\" title=\"{}\"></i>",
                x * 100.0,
                y(*bytes as f64) / HEIGHT * 100.0,
                escaped(&title)
            );
        }
        let _ = write!(
            out,
            "</div><div class=\"areasx\"><span>{}</span><span>{}</span></div><div class=\"memkey\">",
            escaped(&self.from),
            escaped(&self.to)
        );
        let last = self.moments.last().map_or(&[][..], |(_, layers)| layers.as_slice());
        for ((title, color), bytes) in self.layers.iter().zip(last).rev() {
            let _ = write!(
                out,
                "<span class=\"key\"><span class=\"chip\" style=\"--c:var({color})\"></span>{} <b>{}</b></span>",
                escaped(title),
                size(*bytes)
            );
        }
        if let Some((_, bytes)) = self.line.last() {
            let _ = write!(
                out,
                "<span class=\"key\"><span class=\"chip rss\"></span>{} <b>{}</b></span>",
                self.line_title,
                size(*bytes)
            );
        }
        out.push_str("</div>");
    }
}

/// The next round number of bytes: 1, 2, 4, 5 or 8 of a power of ten of the unit that fits.
fn round_up(bytes: u64) -> u64 {
    let unit = [1_u64 << 30, 1 << 20, 1 << 10].into_iter().find(|&unit| bytes >= unit).unwrap_or(1);
    let mut step = unit;
    while let Some(next) = step.checked_mul(10).filter(|&next| next <= bytes) {
        step = next;
    }
    [1, 2, 4, 5, 8, 10].into_iter().map(|by| step.saturating_mul(by)).find(|&top| top >= bytes).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tops_are_round_and_hold_all() {
        assert_eq!(
            (round_up(70 << 20), round_up(3), round_up(1 << 20), round_up(u64::MAX) >= u64::MAX / 2),
            (80 << 20, 4, 1 << 20, true)
        );
    }

    #[test]
    fn names_are_words_and_widths_are_shares() {
        let part = |title: &str, bytes| Part {
            title: title.to_owned(),
            about: "<a>".to_owned(),
            bytes,
            color: "--x",
            href: String::new(),
        };
        let mut out = String::new();
        bar("b", "all", &[part("a<b", 25), part("none", 0)], &[(50, "max".to_owned())], 100, &mut out);
        assert!(
            out.contains("width:25.00%") && out.contains("left:50.00%") && out.contains("a&lt;b: 25 B. &lt;a&gt;"),
            "{out}"
        );
        assert!(!out.contains(">none"), "{out}");
    }
}
