//! Objects of a Java heap by class: `jcmd PID GC.class_histogram`, `jmap -histo` (HotSpot, heapInspection.cpp). Each
//! histogram of a text is a profile of its own.

use super::{Amount, Heap, IN_USE, named};
use crate::formats::text::{Found, Line, LineReader};
use crate::model::{ProfileKind, Symbols};
use crate::words::count;

/// Reads any number of histograms, one after the other.
#[derive(Default)]
pub(in crate::formats) struct ClassHistogram {
    open: Option<Open>,
    found: Found,
}

struct Open {
    heap: Heap,
    sum: Amount,
    /// What the last line says that all are together.
    total: Option<Amount>,
}

impl LineReader for ClassHistogram {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim();
        if text.starts_with("num ") && text.contains("#instances") && text.contains("#bytes") {
            self.close();
            let heap = Heap::new(ProfileKind::ClassHistogram, IN_USE, 1, symbols);
            self.open = Some(Open { heap, sum: Amount::default(), total: None });
            return true;
        }
        // jcmd begins with the number of the process.
        if text.strip_suffix(':').is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|c| c.is_ascii_digit())) {
            return true;
        }
        let Some(open) = &mut self.open else { return false };
        let is_rule = text.len() > 20 && text.bytes().all(|c| c == b'-');
        is_rule || open.read(text, symbols).is_some()
    }

    fn finish(mut self: Box<Self>, _: &mut Symbols) -> Found {
        self.close();
        self.found
    }
}

impl ClassHistogram {
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        match open.total {
            None => self.found.warnings.push("A class histogram breaks off before its total.".to_owned()),
            Some(total) if total != open.sum => self.found.warnings.push(format!(
                "Rows of a class histogram are missing: those read add up to {} of {} instances.",
                count(open.sum.objects),
                count(total.objects)
            )),
            Some(_) => {}
        }
        self.found.profiles.push(open.heap.profile);
    }
}

impl Open {
    fn read(&mut self, text: &str, symbols: &mut Symbols) -> Option<()> {
        let mut fields = text.split_ascii_whitespace();
        let first = fields.next()?;
        let amount = Amount { objects: fields.next()?.parse().ok()?, bytes: fields.next()?.parse().ok()? };
        if first == "Total" && fields.next().is_none() {
            self.total = Some(amount);
            return Some(());
        }
        let number = first.strip_suffix(':')?;
        let class = fields.next().filter(|_| number.bytes().all(|c| c.is_ascii_digit()))?;
        let location = named(&class_name(class), symbols);
        let size = amount.bytes.checked_div(amount.objects).unwrap_or(0);
        self.heap.push(symbols.stacks.intern(&[location]), &[amount], size);
        self.sum.add(amount);
        Some(())
    }
}

/// A class as Java source writes it: `[B` is `byte[]` (JVM specification, 4.3.2).
fn class_name(name: &str) -> String {
    let element = name.trim_start_matches('[');
    let dimensions = name.len() - element.len();
    let element = match element {
        _ if dimensions == 0 => element,
        "Z" => "boolean",
        "B" => "byte",
        "C" => "char",
        "D" => "double",
        "F" => "float",
        "I" => "int",
        "J" => "long",
        "S" => "short",
        class => class.strip_prefix('L').and_then(|class| class.strip_suffix(';')).unwrap_or(class),
    };
    format!("{element}{}", "[]".repeat(dimensions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_written_as_in_source() {
        assert_eq!(class_name("[[I"), "int[][]");
        assert_eq!(class_name("[Ljava.util.HashMap$Node;"), "java.util.HashMap$Node[]");
        assert_eq!(class_name("Leak$Session"), "Leak$Session");
    }
}
