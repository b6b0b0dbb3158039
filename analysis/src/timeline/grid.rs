//! The columns of a picture as stretches of time.

use super::window::Window;

/// Columns whose edges lie on one raster from `zero` on, so that a window that is moved keeps the columns that it had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    zero: i64,
    /// Nanoseconds a column.
    step: f64,
    /// Number of the first column, counted from `zero`.
    first: i64,
    count: usize,
}

impl Grid {
    /// `count` columns over `window`, moved by at most half a column to lie on the raster from `zero` on.
    pub fn new(window: Window, zero: i64, count: usize) -> Self {
        let count = count.max(1);
        let step = window.nanos() as f64 / count as f64;
        let first = (window.start.saturating_sub(zero) as f64 / step).round() as i64;
        Self { zero, step, first, count }
    }

    /// How many columns there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The left edge of a column; that of the one after the last is the right edge of all.
    pub fn edge(&self, at: usize) -> i64 {
        let column = self.first.saturating_add(at as i64);
        self.zero.saturating_add((column as f64 * self.step).round() as i64)
    }

    /// From the first edge to the last.
    pub fn window(&self) -> Window {
        Window::new(self.edge(0), self.edge(self.count))
    }

    /// How many columns further right it is than `other`, if both lie on one raster.
    pub fn columns_after(&self, other: &Self) -> Option<i64> {
        (self.zero == other.zero && self.step == other.step && self.count == other.count)
            .then(|| self.first.saturating_sub(other.first))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_moved_window_keeps_its_columns() {
        let bounds = Window::new(1_000_003, 44_000_000_000);
        let window = Window::new(5_000_000_017, 9_000_000_001);
        let grid = Grid::new(window, bounds.start, 1_264);
        for shares in [0.01, 0.3, -0.07] {
            let moved = Grid::new(window.moved(shares, bounds), bounds.start, 1_264);
            let by = moved.columns_after(&grid).unwrap();
            assert!((by as f64 - shares * 1_264.0).abs() <= 1.0);
            let same = (0..1_264).filter(|at| (0..1_264).contains(&(at - by)));
            same.for_each(|at| assert_eq!(grid.edge(at as usize), moved.edge((at - by) as usize)));
        }
        assert_eq!(grid.columns_after(&Grid::new(window, bounds.start, 1_265)), None);
    }

    #[test]
    fn it_is_the_window_to_half_a_column() {
        for (start, nanos) in [(7_i64, 100_i64), (123_456_789_012, 1_000), (5, 40_000_000_000)] {
            let window = Window::new(start, start + nanos);
            for count in [1, 640, 2_500] {
                let drawn = Grid::new(window, 3, count).window();
                let most = (nanos / count as i64 / 2 + 1) as u64;
                assert!(drawn.start.abs_diff(window.start) <= most && drawn.end.abs_diff(window.end) <= most);
                assert!(nanos / count as i64 > 0 || drawn == window, "below a nanosecond a pixel nothing moves");
            }
        }
    }
}
