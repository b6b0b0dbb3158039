//! What the last frames found, where the next asks the same.

use std::collections::HashMap;

use analysis::timeline::{Column, Grid, Range, Spans, Window};

use crate::lanes::Kind;

/// Lanes are kept until there are more than so many: some screens full.
const MOST_LANES: usize = 300;

/// Columns of lanes. A window that moves asks only for those that come into it.
#[derive(Default)]
pub(crate) struct Kept {
    states: HashMap<Kind, States>,
    ranges: HashMap<(Kind, u8), Ranges>,
    /// What it was made of: the file, and how much of it was read.
    of: (u32, u32),
}

struct States {
    grid: Grid,
    spans: usize,
    columns: Vec<Column>,
}

struct Ranges {
    window: Window,
    columns: Vec<Option<Range>>,
}

impl Kept {
    /// Forgets what is of another file, or of less of it.
    pub(crate) fn follow(&mut self, of: (u32, u32)) {
        if self.of != of || self.states.len() > MOST_LANES {
            *self = Self { of, ..Self::default() };
        }
    }

    /// Columns of a lane of states.
    pub(super) fn states(&mut self, kind: Kind, lane: &Spans, grid: &Grid) -> &[Column] {
        let kept = self.states.entry(kind).or_insert_with(|| States { grid: *grid, spans: 0, columns: Vec::new() });
        let (count, all) = (grid.count(), kept.columns.len());
        let by = grid.columns_after(&kept.grid).filter(|_| kept.spans == lane.len() && all == count);
        match by.map(|by| (by, by.unsigned_abs() as usize)) {
            Some((0, _)) => {}
            Some((1.., by)) if by < count => {
                kept.columns.drain(..by);
                lane.columns(grid, count - by..count, &mut kept.columns);
            }
            Some((_, by)) if by < count => {
                let mut columns = Vec::with_capacity(count);
                lane.columns(grid, 0..by, &mut columns);
                columns.extend(kept.columns.drain(..count - by));
                kept.columns = columns;
            }
            _ => {
                kept.columns.clear();
                lane.columns(grid, 0..count, &mut kept.columns);
            }
        }
        (kept.grid, kept.spans) = (*grid, lane.len());
        &kept.columns
    }

    /// Lowest and highest of the columns of one of a lane's courses, found by `find` when they are not those of the
    /// last frame.
    pub(super) fn ranges(
        &mut self,
        course: (Kind, u8),
        window: Window,
        count: usize,
        find: impl FnOnce() -> Vec<Option<Range>>,
    ) -> Vec<Option<Range>> {
        match self.ranges.get(&course).filter(|kept| kept.window == window && kept.columns.len() == count) {
            Some(kept) => kept.columns.clone(),
            None => {
                let columns = find();
                self.ranges.insert(course, Ranges { window, columns: columns.clone() });
                columns
            }
        }
    }
}
