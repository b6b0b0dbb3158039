//! jemalloc's heap profile (`prof.dump`, `prof_prefix`; jemalloc, src/prof_data.c): `heap_v2/RATE`, then for each stack its
//! addresses and what was sampled there over all threads and in each, then the map of the process. gperftools writes rows
//! as Go does, with `heap_v2/RATE` or `heapprofile` at the end of the first line, and the same map.

use super::debug1::pair;
use super::maps::Maps;
use super::{ALL, Amount, Heap, IN_USE, unsampled};
use crate::formats::named_stack::hex;
use crate::formats::text::{Found, Line, LineReader};
use crate::model::{ProfileKind, Symbols};

/// Reads any number of such profiles, one after the other.
#[derive(Default)]
pub(in crate::formats) struct Jemalloc {
    open: Option<Open>,
    found: Found,
}

struct Open {
    rate: i64,
    rows: Vec<Row>,
    /// Addresses whose numbers come on the next line.
    stack: Option<Vec<u64>>,
    maps: Maps,
    is_map: bool,
}

struct Row {
    addresses: Vec<u64>,
    in_use: Amount,
    allocated: Amount,
}

impl LineReader for Jemalloc {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some(rate) = head(text) {
            self.close(symbols);
            self.open = Some(Open { rate, rows: Vec::new(), stack: None, maps: Maps::default(), is_map: false });
            return true;
        }
        self.open.as_mut().is_some_and(|open| open.read(text))
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.close(symbols);
        self.found
    }
}

impl Jemalloc {
    fn close(&mut self, symbols: &mut Symbols) {
        let Some(open) = self.open.take() else { return };
        if open.stack.is_some() {
            self.found.warnings.push("The profile breaks off after a stack whose numbers do not follow.".to_owned());
        } else if !open.is_map {
            self.found.warnings.push(
                "The map of the process (MAPPED_LIBRARIES) is missing, so addresses have no module: the file was cut."
                    .to_owned(),
            );
        }
        self.found.profiles.push(open.finish(symbols).profile);
    }
}

impl Open {
    fn read(&mut self, text: &str) -> bool {
        if text == "MAPPED_LIBRARIES:" {
            self.is_map = true;
            return true;
        }
        if text.is_empty() {
            return true;
        }
        if self.is_map {
            return self.maps.read(text);
        }
        if let Some(addresses) = text.strip_prefix("@ ") {
            self.stack = Some(addresses.split_ascii_whitespace().map_while(hex).collect());
            return true;
        }
        if let Some((amounts, addresses)) = text.split_once('@') {
            let Some([in_use, allocated]) = pair(amounts) else { return false };
            let addresses = addresses.split_ascii_whitespace().map_while(hex).collect();
            self.rows.push(Row { addresses, in_use, allocated });
            return true;
        }
        // `  t*: 1: 2 [3: 4]`: all threads, `t0` one of them.
        let Some((thread, amounts)) = text.trim_start().strip_prefix('t').and_then(|rest| rest.split_once(':')) else {
            return false;
        };
        let Some([in_use, allocated]) = pair(amounts) else { return false };
        if thread == "*"
            && let Some(addresses) = self.stack.take()
        {
            self.rows.push(Row { addresses, in_use, allocated });
        }
        true
    }

    fn finish(mut self, symbols: &mut Symbols) -> Heap {
        self.maps.finish();
        // Without prof_accum nothing is said of what was allocated.
        let is_counted = self.rows.iter().any(|row| row.allocated != Amount::default());
        let columns = if is_counted { ALL } else { IN_USE };
        let mut heap = Heap::new(ProfileKind::NativeHeap, columns, self.rate, symbols);
        let common = self.common_leaves();
        for row in &self.rows {
            let of_allocator = row.addresses.iter().take_while(|&&at| self.is_allocator(at)).count().max(common);
            // A stack that is of the allocator alone keeps its outermost frame.
            let from = of_allocator.min(row.addresses.len().saturating_sub(1));
            let addresses = row.addresses.get(from..).unwrap_or(&[]);
            let locations: Vec<_> = addresses.iter().map(|&at| self.maps.location(at, symbols)).collect();
            let (in_use, allocated) = (unsampled(row.in_use, self.rate), unsampled(row.allocated, self.rate));
            let size = row.in_use.bytes.checked_div(row.in_use.objects).unwrap_or(0);
            let amounts = [allocated, in_use];
            let told = if is_counted { amounts.as_slice() } else { amounts.get(1..).unwrap_or(&[]) };
            heap.push(symbols.stacks.intern(&locations), told, size);
        }
        heap
    }

    fn is_allocator(&self, address: u64) -> bool {
        self.maps.file(address).is_some_and(|file| ["jemalloc", "tcmalloc"].iter().any(|name| file.contains(name)))
    }

    /// How many frames begin every stack: where the allocator is linked in, they are its own.
    fn common_leaves(&self) -> usize {
        let Some((first, others)) = self.rows.split_first().filter(|(_, others)| others.len() >= 2) else { return 0 };
        let same = |row: &Row| row.addresses.iter().zip(&first.addresses).take_while(|(a, b)| a == b).count();
        others.iter().map(same).min().unwrap_or(0)
    }
}

/// The rate at the head of a profile.
fn head(text: &str) -> Option<i64> {
    if let Some(rate) = text.strip_prefix("heap_v2/") {
        return rate.parse().ok();
    }
    let (amounts, of) = text.strip_prefix("heap profile:")?.split_once('@')?;
    pair(amounts)?;
    match of.trim() {
        "heapprofile" => Some(1),
        of => of.strip_prefix("heap_v2/")?.parse().ok(),
    }
}
