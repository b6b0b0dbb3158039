//! Small charts as markup: shapes in an SVG that is stretched to its box, words beside it in letters that are not, and the same
//! numbers as a table for those who do not see it.

use std::fmt::Write;

use super::escaped;

/// Shapes over two axes. All places are shares from 0 to 1, from the left and from below; what is right of 1 is not drawn. A
/// `Link` is where a stretch leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart<Link> {
    /// Its test id.
    pub id: &'static str,
    /// Above it.
    pub title: String,
    /// What it shows, in a few words.
    pub note: String,
    /// What stands along the lower edge, each at its place.
    pub x_ticks: Vec<(f64, String)>,
    /// What stands along the left edge, each at its place.
    pub y_ticks: Vec<(f64, String)>,
    /// What is drawn, the first at the bottom.
    pub shapes: Vec<Shape>,
    /// Stretches that say something when the pointer is over them.
    pub hits: Vec<Hit<Link>>,
    /// The numbers: heads, then rows.
    pub twin: (Vec<String>, Vec<Vec<String>>),
}

/// One set of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// How they are drawn.
    pub kind: ShapeKind,
    /// Places and heights, by place.
    pub points: Vec<(f64, f64)>,
    /// A token of the page's style, such as `--heap-line`.
    pub color: &'static str,
    /// In the key; empty for none.
    pub title: String,
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeKind {
    /// From each place to the next one's.
    Bars,
    /// Level from each point to the next.
    Steps,
    /// From point to point.
    Line,
    /// A line with all below it filled.
    Area,
    /// A stroke up from the axis at each place.
    Ticks,
}

/// A stretch of the x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<Link> {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it says.
    pub words: String,
    /// Where it leads.
    pub link: Option<Link>,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

impl Shape {
    fn path(&self) -> String {
        let mut path = String::new();
        let at = |(x, y): (f64, f64)| (x.clamp(0.0, 1.0) * WIDTH, (1.0 - y.clamp(0.0, 1.0)) * HEIGHT);
        let (first, last) = (self.points.first().copied(), self.points.last().copied());
        // Rounding may put the last one a hair beyond.
        let is_inside = |point: &&(f64, f64)| point.0 <= 1.0 + 1e-9;
        for (number, &point) in self.points.iter().take_while(is_inside).enumerate() {
            let (x, y) = at(point);
            let next = self.points.get(number + 1).map_or(WIDTH, |&next| at(next).0);
            let start = if number == 0 { 'M' } else { 'L' };
            // Writing to a string does not fail.
            let _ = match self.kind {
                // A gap between bars, as far as there is room for one.
                ShapeKind::Bars if point.1 > 0.0 => {
                    write!(path, "M{x:.1} {HEIGHT}V{y:.1}H{:.1}V{HEIGHT}Z", x + (next - x) * 0.86)
                }
                ShapeKind::Bars => Ok(()),
                ShapeKind::Ticks => write!(path, "M{x:.1} {HEIGHT}V{y:.1}"),
                ShapeKind::Steps if number == 0 => write!(path, "M{x:.1} {y:.1}H{next:.1}"),
                ShapeKind::Steps => write!(path, "V{y:.1}H{next:.1}"),
                ShapeKind::Line | ShapeKind::Area => write!(path, "{start}{x:.1} {y:.1}"),
            };
        }
        if let (ShapeKind::Area, Some(first), Some(last)) = (self.kind, first, last) {
            let _ = write!(path, "L{:.1} {HEIGHT}L{:.1} {HEIGHT}Z", at(last).0, at(first).0);
        }
        path
    }

    fn class(&self) -> &'static str {
        match self.kind {
            ShapeKind::Bars => "fill",
            ShapeKind::Area => "area",
            ShapeKind::Steps | ShapeKind::Line | ShapeKind::Ticks => "line",
        }
    }
}

// What holds links can be empty without knowing an empty link.
impl<Link> Default for Chart<Link> {
    fn default() -> Self {
        Self {
            id: "",
            title: String::new(),
            note: String::new(),
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            shapes: Vec::new(),
            hits: Vec::new(),
            twin: (Vec::new(), Vec::new()),
        }
    }
}

/// Attributes of a link over a drawing, which is an image to all others: no stop for the keyboard, and not read.
pub const POINTER_ONLY: &str = " tabindex=\"-1\" aria-hidden=\"true\"";

impl<Link> Chart<Link> {
    /// Writes it. `attribute` is what makes a link work in the page's hands: ` href="…"`, or one of its own.
    pub fn write(&self, out: &mut String, mut attribute: impl FnMut(&Link) -> String) {
        let (title, note) = (escaped(&self.title), escaped(&self.note));
        let _ = write!(
            out,
            "<figure class=\"plot\" data-testid=\"{}\"><figcaption><b>{title}</b><span class=\"dim\">{note}</span><span class=\"end keyrow\">",
            self.id
        );
        for shape in self.shapes.iter().filter(|shape| !shape.title.is_empty()) {
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
            "</div><div class=\"plot-box\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{title}: {note}\">"
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
            let (class, path) = (shape.class(), shape.path());
            let _ = write!(out, "<path class=\"{class}\" style=\"--c:var({})\" d=\"{path}\"/>", shape.color);
        }
        out.push_str("</svg>");
        for hit in &self.hits {
            let link = hit.link.as_ref().map_or(String::new(), &mut attribute);
            // A shortcut for the pointer, as thin as a cycle was short: rows of a table lead there too.
            let (tag, hidden) = if link.starts_with(" href") { ("a", POINTER_ONLY) } else { ("i", "") };
            let _ = write!(
                out,
                "<{tag}{link}{hidden} style=\"left:{:.2}%;width:{:.2}%\" title=\"{}\"></{tag}>",
                hit.from * 100.0,
                (hit.to - hit.from) * 100.0,
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
        out.push_str("</div>");
        self.write_twin(out);
        out.push_str("</figure>");
    }

    fn write_twin(&self, out: &mut String) {
        let (heads, rows) = &self.twin;
        if rows.is_empty() {
            return;
        }
        let _ = write!(
            out,
            "<table class=\"sr\" data-testid=\"{}-table\"><caption>{}</caption><tr>",
            self.id,
            escaped(&self.title)
        );
        for head in heads {
            let _ = write!(out, "<th>{}</th>", escaped(head));
        }
        out.push_str("</tr>");
        for row in rows.iter().take(MOST_TWIN_ROWS) {
            out.push_str("<tr>");
            for cell in row {
                let _ = write!(out, "<td>{}</td>", escaped(cell));
            }
            out.push_str("</tr>");
        }
        out.push_str("</table>");
    }
}

/// More rows than this nobody listens to.
const MOST_TWIN_ROWS: usize = 200;

/// Places from 0 to `most` at round numbers, no more than six, each as its share of `most` and in words.
pub fn ticks(most: f64, round: Round, words: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    if !most.is_finite() || most <= 0.0 {
        return Vec::new();
    }
    let base = match round {
        Round::Ten => 10_f64.powf((most / 5.0).log10().floor()),
        Round::Two => 1024_f64.powf((most / 5.0).log(1024.0).floor().max(0.0)),
    };
    let steps: &[f64] = match round {
        Round::Ten => &[1.0, 2.0, 5.0, 10.0],
        Round::Two => &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0],
    };
    let step = base * steps.iter().copied().find(|step| base * step * 5.0 >= most).unwrap_or(10.0);
    (0..=6)
        .map(|number| f64::from(number) * step)
        .filter(|at| *at <= most * 1.0001)
        .map(|at| (at / most, words(at)))
        .collect()
}

/// What numbers of an axis are round in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// 1, 2, 5, 10.
    Ten,
    /// 1, 2, 4, … of bytes, kB, MB.
    Two,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_shapes_are_paths() {
        let shape =
            |kind| Shape { kind, points: vec![(0.0, 0.5), (0.5, 1.0)], color: "--ink", title: "count".to_owned() };
        let kinds = [ShapeKind::Bars, ShapeKind::Steps, ShapeKind::Line, ShapeKind::Area, ShapeKind::Ticks];
        let hit = |link| Hit { from: 0.0, to: 0.5, words: "\"7\"".to_owned(), link: Some(link) };
        let chart = Chart {
            title: "<b>".to_owned(),
            shapes: kinds.into_iter().map(shape).collect(),
            hits: vec![hit(" href=\"#v=1&amp;pick=x\""), hit(" data-go=\"0\"")],
            twin: (vec!["at".to_owned()], vec![vec!["<1".to_owned()]]),
            ..Chart::default()
        };
        let mut out = String::new();
        chart.write(&mut out, |&link| link.to_owned());
        assert!(!out.contains("<b><b>") && out.contains("&lt;b&gt;") && out.contains("&quot;7&quot;"), "{out}");
        for path in [
            "M0.0 200V100.0H430.0V200ZM500.0 200V0.0",
            "M0.0 100.0H500.0V0.0H1000.0",
            "M0.0 100.0L500.0 0.0\"",
            "M0.0 100.0L500.0 0.0L500.0 200L0.0 200Z",
            "M0.0 200V100.0M500.0 200V0.0",
        ] {
            assert!(out.contains(path), "{path}: {out}");
        }
        assert!(
            out.contains("<a href=\"#v=1&amp;pick=x\"")
                && out.contains("<i data-go=\"0\"")
                && out.contains("<td>&lt;1</td>"),
            "{out}"
        );
    }

    #[test]
    fn ticks_are_round() {
        let at = |most, round| {
            ticks(most, round, |at| at.to_string()).into_iter().map(|(_, words)| words).collect::<Vec<_>>()
        };
        assert_eq!(at(8.0, Round::Ten), ["0", "2", "4", "6", "8"]);
        assert_eq!(at(0.034, Round::Ten), ["0", "0.01", "0.02", "0.03"]);
        assert_eq!(at(5.0 * 1024.0 * 1024.0, Round::Two).len(), 6);
        assert_eq!(at(100.0, Round::Two), ["0", "32", "64", "96"]);
        assert!(at(f64::NAN, Round::Ten).is_empty() && at(0.0, Round::Two).is_empty());
    }
}
