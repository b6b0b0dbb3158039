//! A series measured through a lens, kept while the lens stays: scrolling and sorting ask again and again.

use crate::growth::{Delta, Growth, Scope};
use crate::lens::{Base, Granularity, Lens, SourceId};
use crate::model::{Profile, ProfileKind};
use crate::projection::NodeId;
use crate::session::Session;

/// What a measured series depends on.
#[derive(Clone, PartialEq)]
pub(super) struct Key {
    kind: ProfileKind,
    filter: crate::lens::Filter,
    granularity: Granularity,
    no_inlines: bool,
    relative: bool,
}

/// A series, measured, with the names of its nodes.
pub(super) struct Measure {
    /// Tells one measured series from all others: what is derived from it keeps this number.
    pub(super) serial: u64,
    pub(super) key: Key,
    pub(super) growth: Growth,
    pub(super) names: Vec<String>,
}

/// Which snapshots and which column a lens means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) current: usize,
    pub(super) base: Option<usize>,
    pub(super) column: usize,
    /// The base is scaled to the current total first.
    pub(super) is_normalized: bool,
}

impl Measure {
    pub(super) fn new(session: &Session, kind: ProfileKind, lens: &Lens, serial: u64) -> Result<Self, String> {
        let growth = Growth::new(session, kind, lens).map_err(|error| error.to_string())?;
        let names = growth.projection.iter().map(|(node, _)| growth.projection.name(&session.symbols, node)).collect();
        Ok(Self { serial, key: Key::new(kind, lens), growth, names })
    }

    pub(super) fn name(&self, node: NodeId) -> &str {
        self.names.get(node.index()).map_or("", String::as_str)
    }

    /// The node of a printable name: with values, if several are named alike.
    pub(super) fn node(&self, name: &str, chosen: Chosen) -> Option<NodeId> {
        let named = self.growth.projection.iter().map(|(node, _)| node).filter(|&node| self.name(node) == name);
        let cum = |node: &NodeId| self.growth.value(chosen.current, *node, chosen.column, Scope::Cum).unsigned_abs();
        named.max_by_key(|node| (cum(node), std::cmp::Reverse(node.index())))
    }

    pub(super) fn chosen(&self, session: &Session, lens: &Lens) -> Option<Chosen> {
        let growth = &self.growth;
        let last = growth.series.distinct().last()?;
        let current = lens.current.and_then(|id| growth.series.position(id)).unwrap_or(last);
        let base = match lens.base {
            Base::Base(id) | Base::DiffBase(id) => growth.series.position(id).filter(|&at| at != current),
            Base::None => None,
        };
        let selection = &growth.measured.get(current)?.selection;
        let named = lens.sample_type.as_ref().and_then(|name| selection.type_named(&session.symbols, name));
        Some(Chosen { current, base, column: named.unwrap_or(selection.default_type), is_normalized: lens.normalize })
    }

    /// By how much values of the base are scaled in a column (pprof: `normalize`); 1 when they are not.
    pub(super) fn base_scale(&self, chosen: Chosen, column: usize) -> f64 {
        let base = chosen.base.filter(|_| chosen.is_normalized).map(|base| self.growth.total(base, column));
        match base {
            None => 1.0,
            // As pprof: what has nothing stays nothing.
            Some(0) => 0.0,
            Some(base) => self.growth.total(chosen.current, column) as f64 / base as f64,
        }
    }

    /// A node's value in the base, with what it called, as it is compared.
    pub(super) fn base_value(&self, chosen: Chosen, node: NodeId, column: usize) -> Option<i64> {
        let value = self.growth.value(chosen.base?, node, column, Scope::Cum);
        Some(scaled(value, self.base_scale(chosen, column)))
    }

    /// A node's change against the base, with what it called.
    pub(super) fn delta(&self, chosen: Chosen, node: NodeId, column: usize) -> Option<Delta> {
        let base = chosen.base?;
        if !chosen.is_normalized {
            return Some(self.growth.delta(base, chosen.current, node, column, Scope::Cum));
        }
        let value = self.growth.value(chosen.current, node, column, Scope::Cum);
        let scale = self.base_scale(chosen, column);
        // Scaled values are no counters of one process any more: the two are taken as independent.
        let before = self.growth.variance(base, node, column, Scope::Cum) * scale * scale;
        let variance = before + self.growth.variance(chosen.current, node, column, Scope::Cum);
        Some(Delta { value: value.wrapping_sub(self.base_value(chosen, node, column)?), error: variance.sqrt() })
    }

    /// The number of a snapshot's file.
    pub(super) fn source(&self, at: usize) -> Option<SourceId> {
        Some(self.growth.series.snapshots.get(at)?.source)
    }
}

/// A value times a scale; what is not scaled is not rounded.
pub(super) fn scaled(value: i64, scale: f64) -> i64 {
    if scale == 1.0 { value } else { (value as f64 * scale).round() as i64 }
}

impl Key {
    pub(super) fn new(kind: ProfileKind, lens: &Lens) -> Self {
        Self {
            kind,
            filter: lens.filter.clone(),
            granularity: lens.granularity,
            no_inlines: lens.no_inlines,
            relative: lens.relative_percentages,
        }
    }
}

/// The profile that a lens looks at: its current file, or the latest of the most telling kind.
pub(crate) fn profile_of<'a>(session: &'a Session, lens: &Lens) -> Option<&'a Profile> {
    if let Some(profile) = lens.current.and_then(|id| session.profile(id)) {
        return Some(profile);
    }
    let kind = kind_of(session, lens)?;
    let all = session.sources.iter().filter_map(|source| Some((source.id, session.profile(source.id)?)));
    let own = all.filter(|(_, profile)| profile.kind == kind);
    own.max_by_key(|(id, profile)| session.time(*id, profile.time)).map(|(_, profile)| profile)
}

/// The kind of profile a lens looks at: that of its current file, or the most telling one there is.
pub(super) fn kind_of(session: &Session, lens: &Lens) -> Option<ProfileKind> {
    if let Some(profile) = lens.current.and_then(|id| session.profile(id)) {
        return Some(profile.kind);
    }
    let kinds = session.sources.iter().filter_map(|source| Some(session.profile(source.id)?.kind));
    kinds.min_by_key(|kind| match kind {
        ProfileKind::Heap => 0,
        ProfileKind::Allocs => 1,
        ProfileKind::NativeHeap => 2,
        ProfileKind::Dhat => 3,
        ProfileKind::ClassHistogram => 4,
        ProfileKind::AllocFreeTrace => 5,
        ProfileKind::Goroutine => 6,
        ProfileKind::GoroutineLeak => 7,
        ProfileKind::Cpu => 8,
        ProfileKind::Mutex | ProfileKind::Block | ProfileKind::Contention => 9,
        ProfileKind::Pool => 10,
        ProfileKind::ThreadCreate => 11,
        ProfileKind::Kernel | ProfileKind::Probe => 10,
        ProfileKind::Custom => 12,
        ProfileKind::Trace(_) => 13,
    })
}
