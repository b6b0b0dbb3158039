//! Every object that came and went, where the program traced that.

use super::event_table::NONE;
use super::resource::Goroutine;
use super::word::Word;
use crate::model::StringId;

/// Events of the experiment `AllocFree` (Go 1.23 and later, `GODEBUG=traceallocfree=1`; runtime/traceallocfree.go).
#[derive(Clone, Debug, Default)]
pub struct AllocFree {
    times: Vec<i64>,
    kinds: Vec<AllocFreeType>,
    addresses: Vec<u64>,
    details: Vec<u64>,
    goroutines: Vec<u32>,
    /// Types by row; an object's `detail` is a row and one, or 0 where the type is not known.
    pub types: Vec<HeapType>,
    /// How numbers on the wire become addresses.
    pub layout: HeapLayout,
}

/// What happened to an object, a span of pages or a goroutine's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AllocFreeType {
    /// A span was there when tracing began; `detail` is pages << 32 | kind and class.
    Span,
    /// A span was taken.
    SpanAlloc,
    /// A span was given back.
    SpanFree,
    /// An object was there when tracing began.
    Object,
    /// An object was allocated.
    ObjectAlloc,
    /// An object was swept.
    ObjectFree,
    /// A goroutine's stack was there; `detail` is the order of its size.
    Stack,
    /// A goroutine's stack was taken.
    StackAlloc,
    /// A goroutine's stack was given back.
    StackFree,
}

/// A type of objects, as its batch at the end of a generation describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeapType {
    /// Such as `main.Session`.
    pub name: StringId,
    /// Of one: of an array's element when an array was allocated.
    pub size_bytes: u64,
    /// How many of its bytes may hold pointers.
    pub pointer_bytes: u64,
}

/// Where the heap is (runtime/traceallocfree.go, `traceSnapshotMemory`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapLayout {
    /// Lowest address.
    pub min_address: u64,
    /// Of one page.
    pub page_bytes: u64,
    /// Objects begin at multiples of it.
    pub align_bytes: u64,
    /// Of the smallest stack.
    pub min_stack_bytes: u64,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocFreeEvent {
    /// Trace time in nanoseconds.
    pub time: i64,
    /// What happened.
    pub kind: AllocFreeType,
    /// As on the wire, counted from [`HeapLayout::min_address`] in pages, alignments or stacks.
    pub number: u64,
    /// See the kind; row and one of the type for objects.
    pub detail: u64,
    /// Who ran.
    pub goroutine: Option<Goroutine>,
}

impl AllocFreeType {
    /// Every type, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::Span,
        Self::SpanAlloc,
        Self::SpanFree,
        Self::Object,
        Self::ObjectAlloc,
        Self::ObjectFree,
        Self::Stack,
        Self::StackAlloc,
        Self::StackFree,
    ];

    /// Go's own name (internal/trace/tracev2, events.go).
    pub fn name(self) -> &'static str {
        match self {
            Self::Span => "Span",
            Self::SpanAlloc => "SpanAlloc",
            Self::SpanFree => "SpanFree",
            Self::Object => "HeapObject",
            Self::ObjectAlloc => "HeapObjectAlloc",
            Self::ObjectFree => "HeapObjectFree",
            Self::Stack => "GoroutineStack",
            Self::StackAlloc => "GoroutineStackAlloc",
            Self::StackFree => "GoroutineStackFree",
        }
    }
}

impl AllocFree {
    /// Adds an event, in order.
    pub fn push(&mut self, event: AllocFreeEvent) {
        self.times.push(event.time);
        self.kinds.push(event.kind);
        self.addresses.push(event.number);
        self.details.push(event.detail);
        self.goroutines.push(event.goroutine.word());
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The event of that number.
    pub fn get(&self, index: usize) -> Option<AllocFreeEvent> {
        Some(AllocFreeEvent {
            time: *self.times.get(index)?,
            kind: *self.kinds.get(index)?,
            number: *self.addresses.get(index)?,
            detail: *self.details.get(index)?,
            goroutine: Some(*self.goroutines.get(index)?).filter(|&word| word != NONE).map(Goroutine::from_word),
        })
    }

    /// Trace time of every event, in order.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Takes the events out; types and layout stay.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self { types: std::mem::take(&mut self.types), layout: self.layout, ..Self::default() };
        std::mem::replace(self, empty)
    }

    /// Every event, in order.
    pub fn iter(&self) -> impl Iterator<Item = AllocFreeEvent> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}
