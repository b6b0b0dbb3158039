//! What is drawn on: CSS pixels to pixels of the screen, times to places.

use analysis::timeline::{Grid, Window};

use super::Look;
use super::kept::Kept;
use crate::palette::{Color, Palette, faint};
use crate::pixmap::Pixmap;

/// Width of a letter at the only size used, on average; names are cut by it.
const LETTER_PX: f64 = 6.1;

/// Words to be put on the canvas.
pub(crate) struct Text {
    pub(crate) words: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) color: &'static str,
    pub(crate) align: &'static str,
    pub(crate) is_bold: bool,
}

/// A frame being drawn.
pub(crate) struct Scene<'a> {
    map: &'a mut Pixmap,
    pub(super) kept: &'a mut Kept,
    pub(crate) palette: &'a Palette,
    pub(crate) ratio: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) grid: Grid,
    /// That of the grid.
    pub(crate) window: Window,
    /// Times are told from here on.
    pub(crate) zero: i64,
    pub(crate) texts: Vec<Text>,
    /// Words above are not seen.
    top: f64,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        map: &'a mut Pixmap,
        kept: &'a mut Kept,
        look: &Look<'a>,
        (left, right): (f64, f64),
        grid: Grid,
        zero: i64,
    ) -> Self {
        let (ratio, width, height) = (look.screen.ratio, look.screen.width, look.screen.height);
        let (palette, window, texts) = (look.palette, grid.window(), Vec::new());
        Self { map, kept, palette, ratio, width, height, left, right, grid, window, zero, texts, top: 0.0 }
    }

    pub(crate) fn clip(&mut self, top: f64, bottom: f64) {
        self.top = top;
        self.map.clip(top * self.ratio, bottom * self.ratio);
    }

    /// Where a time is; outside of the plot for times outside of the window.
    pub(crate) fn x(&self, time: i64) -> f64 {
        self.left + (self.right - self.left) * self.window.share_of(time)
    }

    /// Pixels of the screen across the plot.
    pub(crate) fn columns(&self) -> usize {
        self.grid.count()
    }

    /// Left edge of a column.
    pub(crate) fn column_x(&self, at: usize) -> f64 {
        self.left + at as f64 / self.ratio
    }

    pub(crate) fn rect(&mut self, from: (f64, f64), to: (f64, f64), token: &str) {
        self.fill(from, to, self.palette.get(token));
    }

    pub(crate) fn fill(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        let r = self.ratio;
        self.map.fill(from.0 * r, from.1 * r, to.0 * r, to.1 * r, color);
    }

    /// Hides what was drawn there, words included.
    pub(crate) fn cover(&mut self, from: (f64, f64), to: (f64, f64), token: &str) {
        self.rect(from, to, token);
        self.texts.retain(|text| {
            let wide = Self::width_of(&text.words);
            let begin = match text.align {
                "right" => text.x - wide,
                "center" => text.x - wide / 2.0,
                _ => text.x,
            };
            text.y < from.1 || text.y >= to.1 || begin + wide <= from.0 || begin >= to.0
        });
    }

    /// A stretch of time inside the plot, at least `least` pixels wide; `false` when it is outside.
    pub(crate) fn stretch(&mut self, window: Window, (top, bottom): (f64, f64), least: f64, color: Color) -> bool {
        if !window.meets(self.window) {
            return false;
        }
        let from = self.x(window.start).max(self.left);
        let to = self.x(window.end).min(self.right);
        self.fill((from, top), (to.max(from + least).min(self.right.max(from + 1.0)), bottom), color);
        true
    }

    pub(crate) fn frame(&mut self, from: (f64, f64), to: (f64, f64), token: &str) {
        let (r, color) = (self.ratio, self.palette.get(token));
        self.map.frame(from.0 * r, from.1 * r, to.0 * r, to.1 * r, color);
    }

    pub(crate) fn hatch(&mut self, from: (f64, f64), to: (f64, f64), token: &str) {
        let (r, color) = (self.ratio, self.palette.get(token));
        self.map.hatch(from.0 * r, from.1 * r, to.0 * r, to.1 * r, color);
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), token: &str) {
        let (r, color) = (self.ratio, self.palette.get(token));
        for by in 0..r.ceil() as usize {
            let by = by as f64;
            self.map.line((from.0 * r + by, from.1 * r), (to.0 * r + by, to.1 * r), color);
        }
    }

    pub(crate) fn faint(&self, token: &str, share: f64) -> Color {
        faint(self.palette.get(token), share)
    }

    pub(crate) fn words(&mut self, words: &str, x: f64, y: f64, color: &'static str, align: &'static str) {
        if !words.is_empty() && y - 6.0 >= self.top && y < self.height {
            self.texts.push(Text { words: words.to_owned(), x, y, color, align, is_bold: false });
        }
    }

    pub(crate) fn bold(&mut self, words: &str, x: f64, y: f64, color: &'static str, align: &'static str) {
        self.words(words, x, y, color, align);
        if let Some(text) = self.texts.last_mut().filter(|text| text.words == words) {
            text.is_bold = true;
        }
    }

    /// Words cut to a width; empty when nothing fits.
    pub(crate) fn fitted(&self, words: &str, room: f64) -> String {
        let letters = (room / LETTER_PX).floor().max(0.0) as usize;
        let count = words.chars().count();
        match () {
            () if count <= letters => words.to_owned(),
            () if letters < 3 => String::new(),
            () => words.chars().take(letters - 1).chain(std::iter::once('…')).collect(),
        }
    }

    /// How wide words are, about.
    pub(crate) fn width_of(words: &str) -> f64 {
        words.chars().count() as f64 * LETTER_PX
    }
}
