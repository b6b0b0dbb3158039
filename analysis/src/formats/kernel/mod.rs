//! What the kernel allocates, as its tracing tells: `perf script` of `kmem` events, and maps of bpftrace.

mod bpftrace;
mod ledger;
mod perf;

pub(super) use bpftrace::Maps;
pub(super) use perf::Events;

use crate::model::{Function, Line, Location, LocationId, Mapping, Symbols};

/// A frame of a stack as the kernel's tools print it: an address if there is one, `symbol+offset`, the object.
fn location(symbols: &mut Symbols, address: u64, symbol: &str, object: &str) -> LocationId {
    let mapping = (!object.is_empty()).then(|| {
        let (file, build_id) = (symbols.strings.intern(object), symbols.strings.empty());
        symbols.mappings.intern(Mapping { start: 0, limit: 0, offset: 0, file, build_id })
    });
    let name = function_of(symbol);
    let line = (!name.is_empty()).then(|| {
        let (name, file) = (symbols.strings.intern(name), symbols.strings.empty());
        let function = symbols.functions.intern(Function { name, system_name: name, file, start_line: 0 });
        Line { function: Some(function), line: 0, column: 0 }
    });
    symbols.locations.intern(Location { mapping, address, lines: line.as_slice() })
}

/// A symbol without the offset in it, `+0x10c` or `+268`; nothing for one that is unknown or an address.
fn function_of(symbol: &str) -> &str {
    let name = match symbol.rsplit_once('+') {
        Some((name, offset)) if is_offset(offset) => name,
        _ => symbol,
    };
    if name == "[unknown]" || address_of(name).is_some() { "" } else { name }
}

/// Functions by which the kernel allocates: who calls them is the site.
fn is_allocator(name: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "kmalloc",
        "__kmalloc",
        "___kmalloc",
        "__do_kmalloc",
        "kvmalloc",
        "__kvmalloc",
        "kmem_cache_alloc",
        "__kmem_cache_alloc",
        "alloc_pages",
        "__alloc_pages",
        "alloc_frozen_pages",
        "__alloc_frozen_pages",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_offset(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_hexdigit())
}

/// An address with or without `0x`: sixteen digits, or fewer behind `0x`.
fn address_of(text: &str) -> Option<u64> {
    let digits = match text.strip_prefix("0x") {
        Some(digits) => digits,
        None if text.len() >= 12 => text,
        None => return None,
    };
    u64::from_str_radix(digits, 16).ok()
}
