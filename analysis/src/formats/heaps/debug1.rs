//! Go's heap profile as text: `/debug/pprof/heap?debug=1` and `allocs?debug=1`, which begin alike (runtime/pprof/pprof.go,
//! `writeHeapInternal`).
//!
//! Rows hold what was sampled, not what it stands for; the first line ends in twice the sampling rate.

use super::{ALL, Amount, Heap, unsampled};
use crate::formats::memstats::Footer;
use crate::formats::named_stack::{NamedStack, hex};
use crate::formats::text::{Found, Line, LineReader};
use crate::model::record::Record;
use crate::model::{Nanos, ProfileKind, StackId, Symbols};
use crate::words::bytes;

/// Reads any number of such profiles, one after the other.
#[derive(Default)]
pub(in crate::formats) struct Debug1 {
    open: Option<Open>,
    found: Found,
}

/// A profile whose lines are being read.
struct Open {
    heap: Heap,
    rate: i64,
    /// What the first line says the rows add up to: in use, allocated.
    told: [Amount; 2],
    added: [Amount; 2],
    row: Option<Row>,
    names: NamedStack,
    is_in_footer: bool,
    memory: Footer,
}

/// A row whose names may still come.
struct Row {
    in_use: Amount,
    allocated: Amount,
    addresses: Vec<u64>,
}

impl LineReader for Debug1 {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some(head) = text.strip_prefix("heap profile:").and_then(head) {
            self.close(symbols);
            let (told, rate) = head;
            self.open = Some(Open {
                heap: Heap::new(ProfileKind::Heap, ALL, rate, symbols),
                rate,
                told,
                added: Default::default(),
                row: None,
                names: NamedStack::default(),
                is_in_footer: false,
                memory: Footer::default(),
            });
            return true;
        }
        let Some(open) = &mut self.open else { return false };
        if open.row.is_some() && open.names.read(text, symbols) {
            return true;
        }
        if let Some(row) = row(text) {
            open.close_row(symbols);
            open.row = Some(row);
            return true;
        }
        if text.is_empty() {
            return true;
        }
        open.footer(text, symbols)
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.close(symbols);
        self.found
    }
}

impl Debug1 {
    fn close(&mut self, symbols: &mut Symbols) {
        let Some(mut open) = self.open.take() else { return };
        open.close_row(symbols);
        if open.added != open.told {
            let [in_use, allocated] = [0, 1].map(|at| {
                let sum = |all: [Amount; 2]| all.get(at).map_or(0, |amount| amount.bytes);
                format!("{} of {}", bytes(sum(open.added)), bytes(sum(open.told)))
            });
            self.found.warnings.push(format!(
                "Rows of the heap profile are missing or torn: those read add up to {in_use} sampled in use and {allocated} \
                 allocated that its first line tells."
            ));
        } else if !open.is_in_footer {
            self.found.warnings.push(
                "The heap profile ends before the runtime’s statistics (# runtime.MemStats): the file was cut."
                    .to_owned(),
            );
        }
        let memory = open.memory.finish().map(|series| Record::Memory(Box::new(series)));
        self.found.records.extend(memory);
        self.found.profiles.push(open.heap.profile);
    }
}

impl Open {
    fn close_row(&mut self, symbols: &mut Symbols) {
        let Some(row) = self.row.take() else { return };
        let stack: StackId = self.names.finish(&row.addresses, symbols);
        for (sum, amount) in self.added.iter_mut().zip([row.in_use, row.allocated]) {
            sum.add(amount);
        }
        let size = if row.allocated.objects > 0 { row.allocated.bytes / row.allocated.objects } else { 0 };
        self.heap.push(stack, &[unsampled(row.allocated, self.rate), unsampled(row.in_use, self.rate)], size);
    }

    /// `# Name = value`: the statistics of the runtime at the end.
    fn footer(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        if text == "# runtime.MemStats" {
            self.close_row(symbols);
            self.is_in_footer = true;
            return true;
        }
        let entry = text.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
        let Some((name, value)) = entry.filter(|_| self.is_in_footer) else { return false };
        if name == "LastGC" {
            let time = value.parse().ok().filter(|&time: &i64| time > 0);
            self.heap.profile.as_of = time.map(Nanos::from_unix_nanos);
        }
        self.memory.read(text);
        true
    }
}

/// ` 69: 733344 [106: 10921640] @ heap/1048576`: what is in use and allocated, and the rate.
fn head(text: &str) -> Option<([Amount; 2], i64)> {
    let (amounts, of) = text.split_once('@')?;
    let twice: i64 = of.trim().strip_prefix("heap/")?.parse().ok()?;
    Some((pair(amounts)?, twice / 2))
}

/// `1: 65536 [2: 131072] @ 0x48c41a 0x4904c9`.
fn row(text: &str) -> Option<Row> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == ' ') {
        return None;
    }
    let (amounts, addresses) = text.split_once('@')?;
    let [in_use, allocated] = pair(amounts)?;
    Some(Row { in_use, allocated, addresses: addresses.split_ascii_whitespace().map_while(hex).collect() })
}

/// `1: 65536 [2: 131072]`: in use and allocated.
pub(super) fn pair(text: &str) -> Option<[Amount; 2]> {
    let (in_use, allocated) = text.trim().strip_suffix(']')?.split_once('[')?;
    Some([amount(in_use)?, amount(allocated)?])
}

fn amount(text: &str) -> Option<Amount> {
    let (objects, bytes) = text.split_once(':')?;
    Some(Amount { objects: whole(objects)?, bytes: whole(bytes)? })
}

/// A number; one that is too large for any memory is the largest there is.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}
