//! How large a heap object is: an alloc/free event says only where it is, the span around that place how large it is.

use std::collections::BTreeMap;

use crate::model::trace::{AllocFree, AllocFreeEvent, AllocFreeType, HeapLayout};

/// Bytes of an object by its span's size class (runtime/sizeclasses.go, the same from Go 1.23 to 1.27). Class 0 is a span
/// of one large object.
#[rustfmt::skip]
const CLASS_BYTES: [u64; 68] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376,
    6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576,
    27264, 28672, 32768,
];

/// The spans that there are, as events tell.
pub(super) struct ObjectSizes {
    layout: HeapLayout,
    /// By the first page: how many pages, and kind and class.
    spans: BTreeMap<u64, (u64, u64)>,
}

impl ObjectSizes {
    pub(super) fn new(table: &AllocFree) -> Self {
        Self { layout: table.layout, spans: BTreeMap::new() }
    }

    /// Takes an event of a span.
    pub(super) fn see(&mut self, event: &AllocFreeEvent) {
        match event.kind {
            AllocFreeType::Span | AllocFreeType::SpanAlloc => {
                self.spans.insert(event.number, (event.detail >> 32, event.detail & u64::from(u32::MAX)));
            }
            AllocFreeType::SpanFree => {
                self.spans.remove(&event.number);
            }
            _ => {}
        }
    }

    /// Bytes of the object of that number; `None` where no span of the heap is known around it.
    pub(super) fn of(&self, number: u64) -> Option<u64> {
        let page = number.checked_mul(self.layout.align_bytes)?.checked_div(self.layout.page_bytes)?;
        let (first, &(pages, class)) = self.spans.range(..=page).next_back()?;
        // An odd number is a span of stacks (runtime/traceallocfree.go, `traceSpanTypeAndClass`); the lowest bit of a
        // class says whether objects hold pointers.
        if page - first >= pages || class & 1 == 1 {
            return None;
        }
        match class >> 2 {
            0 => pages.checked_mul(self.layout.page_bytes),
            class => CLASS_BYTES.get(usize::try_from(class).ok()?).copied(),
        }
    }
}
