//! The pages of the instrument, and the drawings of the heap.

/// The pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    #[default]
    Findings,
    Heap,
    Timeline,
    States,
    Contention,
    Gc,
    Files,
}

/// The drawings of the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    #[default]
    Table,
    Flame,
    Sandwich,
    Graph,
    Growth,
    Escape,
}

impl View {
    pub(crate) const ALL: [Self; 7] =
        [Self::Findings, Self::Heap, Self::Timeline, Self::States, Self::Contention, Self::Gc, Self::Files];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Heap => "heap",
            Self::Timeline => "timeline",
            Self::States => "states",
            Self::Contention => "contention",
            Self::Gc => "gc",
            Self::Files => "files",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Heap => "Heap",
            Self::Timeline => "Timeline",
            Self::States => "States",
            Self::Contention => "Contention",
            Self::Gc => "GC & memory",
            Self::Files => "Files",
        }
    }
}

impl Tab {
    pub(crate) const ALL: [Self; 6] =
        [Self::Table, Self::Flame, Self::Sandwich, Self::Graph, Self::Growth, Self::Escape];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Flame => "flame",
            Self::Sandwich => "sandwich",
            Self::Graph => "graph",
            Self::Growth => "growth",
            Self::Escape => "escape",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Table => "Table",
            Self::Flame => "Flame graph",
            Self::Sandwich => "Sandwich",
            Self::Graph => "Call graph",
            Self::Growth => "Growth",
            Self::Escape => "Escape",
        }
    }
}
