//! Pools used wrongly, as far as plain dumps tell: what the rules on the histories of pools add from panics, race reports
//! and heap profiles. Where those only hint at it, the finding names what decides.

mod dirty;
mod mixed_sizes;
mod shared;
mod wrong_type;

pub(super) use dirty::check as dirty;
pub(super) use shared::check as shared;

use super::said::{evidence_in, fact};
use super::{Checked, Context, Evidence, EvidenceView, Finding};
use crate::lens::SourceId;
use crate::model::StackId;
use crate::pools::end_of;

/// Objects of a type that a pool's holder does not expect: by panics, and by what a `New` makes.
pub(super) fn wrong_type(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<Checked> {
    let by_panics = wrong_type::check(context, into);
    mixed_sizes::check(context, into).or(by_panics)
}

/// What a rule saw: by histories of pools, or else by plain dumps.
pub(super) fn either(by_lives: Checked, by_dumps: Option<Checked>) -> Checked {
    match (by_lives, by_dumps) {
        (Checked::NotCovered, Some(by_dumps)) => by_dumps,
        (by_lives, _) => by_lives,
    }
}

/// The function by which a stack takes from a pool, or is known by the heap to take from one: such as
/// `main.acquireSession`.
fn taker(context: &Context<'_>, stack: StackId) -> Option<String> {
    let symbols = &context.session.symbols;
    let pools = context.go_heap().map_or(&[][..], |heap| heap.census.pools.as_slice());
    let mut names = symbols.function_names(symbols.stacks.get(stack));
    let found =
        names.find(|&name| end_of(context.text(name)).is_some() || pools.iter().any(|pool| pool.caller == name))?;
    Some(context.text(found).to_owned())
}

/// Evidence among the stacks of a dump.
fn in_stacks(source: SourceId, text: String, function: &str) -> Evidence {
    evidence_in(EvidenceView::Contention, source, text, function)
}
