//! A picture of plain rectangles, filled here and handed to the canvas as a whole: ten times faster than as many calls.

use crate::palette::Color;

/// Pixels of the screen, four bytes each.
#[derive(Default)]
pub(crate) struct Pixmap {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bytes: Vec<u8>,
    /// Rows outside are not touched.
    rows: (usize, usize),
}

impl Pixmap {
    /// Makes it that size, all of one colour.
    pub(crate) fn clear(&mut self, width: usize, height: usize, color: Color) {
        (self.width, self.height) = (width, height);
        self.bytes.resize(width * height * 4, 0);
        self.rows = (0, height);
        for pixel in self.bytes.chunks_exact_mut(4) {
            pixel.copy_from_slice(&[color[0], color[1], color[2], 255]);
        }
    }

    /// From now on only rows from `top` up to `bottom` are touched.
    pub(crate) fn clip(&mut self, top: f64, bottom: f64) {
        let row = |y: f64| (y.max(0.0) as usize).min(self.height);
        self.rows = (row(top), row(bottom));
    }

    /// Fills from (x, y) up to (right, bottom); half-covering colours are mixed in.
    pub(crate) fn fill(&mut self, x: f64, y: f64, right: f64, bottom: f64, color: Color) {
        let side = |value: f64, most: usize| (value.round().max(0.0) as usize).min(most);
        let (left, right) = (side(x, self.width), side(right, self.width));
        let (top, bottom) = (side(y, self.height).max(self.rows.0), side(bottom, self.height).min(self.rows.1));
        if left >= right {
            return;
        }
        for row in top..bottom {
            let start = (row * self.width + left) * 4;
            let Some(pixels) = self.bytes.get_mut(start..start + (right - left) * 4) else { return };
            match color[3] {
                255 => pixels.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&color)),
                0 => {}
                share => pixels.chunks_exact_mut(4).for_each(|pixel| mix(pixel, color, share)),
            }
        }
    }

    /// A frame of one pixel's width inside the rectangle.
    pub(crate) fn frame(&mut self, x: f64, y: f64, right: f64, bottom: f64, color: Color) {
        self.fill(x, y, right, y + 1.0, color);
        self.fill(x, bottom - 1.0, right, bottom, color);
        self.fill(x, y, x + 1.0, bottom, color);
        self.fill(right - 1.0, y, right, bottom, color);
    }

    /// Slanted lines: nothing is known here.
    pub(crate) fn hatch(&mut self, x: f64, y: f64, right: f64, bottom: f64, color: Color) {
        let (x, y, right, bottom) =
            (x.max(0.0), y.max(0.0), right.min(self.width as f64), bottom.min(self.height as f64));
        let mut row = y;
        while row < bottom {
            let mut at = x + (6.0 - (x + row) % 6.0) % 6.0;
            while at < right {
                self.fill(at, row, at + 1.0, row + 1.0, color);
                at += 6.0;
            }
            row += 1.0;
        }
    }

    /// A line of one pixel's width.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 10_000.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let (x, y) = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            self.fill(x, y, x + 1.0, y + 1.0, color);
        }
    }
}

fn mix(pixel: &mut [u8], color: Color, share: u8) {
    let share = u16::from(share);
    for (under, over) in pixel.iter_mut().zip(color).take(3) {
        *under = ((u16::from(*under) * (255 - share) + u16::from(over) * share) / 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_end_at_the_edges() {
        let mut map = Pixmap::default();
        map.clear(4, 3, [0, 0, 0, 255]);
        map.fill(-5.0, 1.0, 2.0, 99.0, [200, 0, 0, 255]);
        map.clip(0.0, 1.0);
        map.fill(0.0, 0.0, 9.0, 9.0, [100, 100, 100, 128]);
        let red = |x: usize, y: usize| map.bytes[(y * 4 + x) * 4];
        assert_eq!((red(0, 0), red(3, 0), red(1, 1), red(2, 1), red(1, 2)), (50, 50, 200, 0, 200));
    }
}
