//! Stacks as folded text, a line each: frames from the root on, apart by `;`, then the value. What flame graph tools read.

use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::Cut;
use crate::lens::{Base, Lens};
use crate::session::Session;

/// The stacks of a cut, in the sample type that is shown. Stacks without a value are left out.
pub fn folded(cut: &Cut<'_>) -> String {
    let names = Names::new(cut);
    let mut out = String::new();
    for row in 0..cut.selection.len() {
        let value = value_of(cut, row);
        if value != 0 && names.write(cut, row, &mut out) {
            // Writing to a string does not fail.
            let _ = writeln!(out, " {value}");
        }
    }
    out
}

/// The stacks of base and current with both values, as `difffolded.pl` writes and `flamegraph.pl` reads them.
///
/// # Errors
/// In words, when there is nothing to compare or a filter does not compile.
pub fn folded_diff(session: &Session, lens: &Lens) -> Result<String, String> {
    let (Base::Base(base) | Base::DiffBase(base)) = lens.base else {
        return Err("There is no base to compare with.".to_owned());
    };
    let now = Lens { base: Base::None, ..lens.clone() };
    let before = Lens { current: Some(base), ..now.clone() };
    let sides = [Cut::new(session, &before)?, Cut::new(session, &now)?];
    // Both sides have the same filters on the same tables, and so the same stack is visible to the same depth.
    let mut order = Vec::new();
    let mut values = FxHashMap::default();
    for (side, cut) in sides.iter().enumerate() {
        for (row, &stack) in cut.selection.stacks.iter().enumerate() {
            let sums: &mut [i64; 2] = values.entry(stack).or_insert_with(|| {
                order.push((side, row, stack));
                [0, 0]
            });
            if let Some(sum) = sums.get_mut(side) {
                *sum = sum.wrapping_add(value_of(cut, row));
            }
        }
    }
    let names = sides.each_ref().map(Names::new);
    let mut out = String::new();
    for (side, row, stack) in order {
        let (Some(&[before, now]), Some(cut), Some(names)) = (values.get(&stack), sides.get(side), names.get(side))
        else {
            continue;
        };
        if (before != 0 || now != 0) && names.write(cut, row, &mut out) {
            let _ = writeln!(out, " {before} {now}");
        }
    }
    Ok(out)
}

fn value_of(cut: &Cut<'_>, row: usize) -> i64 {
    cut.selection.values.get(cut.column).and_then(|values| values.get(row)).copied().unwrap_or(0)
}

/// Names of nodes, as frames of a folded line.
struct Names(Vec<String>);

impl Names {
    fn new(cut: &Cut<'_>) -> Self {
        let name = |(node, _)| {
            let name = cut.projection.name(cut.symbols, node);
            // `;` ends a frame, and the last blank begins the value.
            name.chars()
                .map(|c| {
                    if c == ';' {
                        ':'
                    } else if c.is_control() || c.is_whitespace() {
                        '_'
                    } else {
                        c
                    }
                })
                .collect()
        };
        Self(cut.projection.iter().map(name).collect())
    }

    /// Writes the frames of a row, root first; `false` when none is visible.
    fn write(&self, cut: &Cut<'_>, row: usize, out: &mut String) -> bool {
        let mut is_first = true;
        for &location in cut.selection.locations(cut.symbols, row).iter().rev() {
            for node in cut.projection.nodes_of(location).iter().rev() {
                if !std::mem::replace(&mut is_first, false) {
                    out.push(';');
                }
                out.push_str(self.0.get(node.index()).map_or("", String::as_str));
            }
        }
        !is_first
    }
}
