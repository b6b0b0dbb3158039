//! Small charts as markup: shapes in an SVG that is stretched to its box, words beside it in letters that are not.

use std::fmt::Write;

use analysis::markup::escaped;
use trace_worker::Go;

use super::answer::Links;

/// Bars and lines over two axes. All places are shares from 0 to 1, from the left and from below.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chart {
    /// Its test id.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What it shows, for those who cannot see it too.
    pub(crate) note: String,
    /// What stands along the edges, each at its place.
    pub(crate) x_ticks: Vec<(f64, String)>,
    pub(crate) y_ticks: Vec<(f64, String)>,
    pub(crate) shapes: Vec<Shape>,
    /// Stretches that say something when the pointer is over them.
    pub(crate) hits: Vec<Hit>,
}

/// One set of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) kind: ShapeKind,
    /// Places and heights; a bar goes from its place to the next one's.
    pub(crate) points: Vec<(f64, f64)>,
    /// A token of the page's style, such as `--an-init`.
    pub(crate) color: &'static str,
    /// In the key.
    pub(crate) title: String,
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShapeKind {
    Bars,
    /// Level from each point to the next.
    Steps,
    Line,
}

/// A stretch of the x axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) words: String,
    pub(crate) go: Option<Go>,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

impl Shape {
    fn path(&self) -> String {
        let mut path = String::new();
        let at = |(x, y): (f64, f64)| (x * WIDTH, (1.0 - y.clamp(0.0, 1.0)) * HEIGHT);
        let is_inside = |point: &&(f64, f64)| point.0 <= 1.0;
        for (number, &point) in self.points.iter().take_while(is_inside).enumerate() {
            let (x, y) = at(point);
            let next = self.points.get(number + 1).map_or(WIDTH, |&next| at(next).0.min(WIDTH));
            // Writing to a string does not fail.
            let _ = match self.kind {
                // A gap between bars, as far as there is room for one.
                ShapeKind::Bars if point.1 > 0.0 => {
                    write!(path, "M{x:.1} {HEIGHT}V{y:.1}H{:.1}V{HEIGHT}Z", x + (next - x) * 0.86)
                }
                ShapeKind::Bars => Ok(()),
                ShapeKind::Steps if number == 0 => write!(path, "M{x:.1} {y:.1}H{next:.1}"),
                ShapeKind::Steps => write!(path, "V{y:.1}H{next:.1}"),
                ShapeKind::Line => write!(path, "{}{x:.1} {y:.1}", if number == 0 { 'M' } else { 'L' }),
            };
        }
        path
    }
}

impl Chart {
    pub(super) fn write(&self, out: &mut String, links: &mut Links) {
        let (title, note) = (escaped(&self.title), escaped(&self.note));
        let _ = write!(
            out,
            "<figure class=\"plot\" data-testid=\"{}\"><figcaption><b>{title}</b><span class=\"dim\">{note}</span><span class=\"end keyrow\">",
            self.id
        );
        for shape in &self.shapes {
            let _ = write!(
                out,
                "<span class=\"key\"><i class=\"chip\" style=\"--c:var({})\"></i>{}</span>",
                shape.color,
                escaped(&shape.title)
            );
        }
        out.push_str("</span></figcaption><div class=\"plot-y\">");
        for (at, words) in &self.y_ticks {
            let _ = write!(out, "<span style=\"bottom:{:.2}%\">{}</span>", at * 100.0, escaped(words));
        }
        let _ = write!(
            out,
            "</div><div class=\"plot-box\" role=\"img\" aria-label=\"{title}: {note}\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        );
        let mut grid = String::new();
        for (at, _) in &self.y_ticks {
            let _ = write!(grid, "M0 {0:.1}H{WIDTH}", (1.0 - at) * HEIGHT);
        }
        for (at, _) in &self.x_ticks {
            let _ = write!(grid, "M{:.1} 0V{HEIGHT}", at * WIDTH);
        }
        let _ = write!(out, "<path class=\"grid\" d=\"{grid}\"/>");
        for shape in &self.shapes {
            let class = if shape.kind == ShapeKind::Bars { "fill" } else { "line" };
            let _ = write!(out, "<path class=\"{class}\" style=\"--c:var({})\" d=\"{}\"/>", shape.color, shape.path());
        }
        out.push_str("</svg>");
        for hit in &self.hits {
            let (left, width) = (hit.from * 100.0, (hit.to - hit.from) * 100.0);
            let go = hit.go.as_ref().map_or(String::new(), |go| format!(" data-go=\"{}\"", links.add(go)));
            let _ = write!(
                out,
                "<i style=\"left:{left:.2}%;width:{width:.2}%\" title=\"{}\"{go}></i>",
                escaped(&hit.words)
            );
        }
        out.push_str("</div><div class=\"plot-x\">");
        for (at, words) in &self.x_ticks {
            // Words at an edge stay within it.
            let class = match *at {
                at if at < 0.04 => " class=\"from\"",
                at if at > 0.94 => " class=\"to\"",
                _ => "",
            };
            let _ = write!(out, "<span{class} style=\"left:{:.2}%\">{}</span>", at * 100.0, escaped(words));
        }
        out.push_str("</div></figure>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_shapes_are_paths() {
        let shape =
            |kind| Shape { kind, points: vec![(0.0, 0.5), (0.5, 1.0)], color: "--ink", title: "count".to_owned() };
        let chart = Chart {
            title: "<b>".to_owned(),
            shapes: vec![shape(ShapeKind::Bars), shape(ShapeKind::Steps), shape(ShapeKind::Line)],
            hits: vec![Hit { from: 0.0, to: 0.5, words: "\"7\"".to_owned(), go: Some(Go::default()) }],
            ..Chart::default()
        };
        let (mut out, mut links) = (String::new(), Links::default());
        chart.write(&mut out, &mut links);
        assert!(!out.contains("<b><b>") && out.contains("&lt;b&gt;") && out.contains("&quot;7&quot;"), "{out}");
        for path in ["M0.0 200V100.0H430.0V200ZM500.0 200V0.0", "M0.0 100.0H500.0V0.0H1000.0", "M0.0 100.0L500.0 0.0"] {
            assert!(out.contains(path), "{path}: {out}");
        }
        assert!(out.contains("data-go=\"0\"") && links.0.len() == 1);
    }
}
