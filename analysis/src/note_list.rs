//! Notes as the address has them: the pair `notes=`, entries (`link::entries`) of what a note is pinned to and what it says.

use crate::link::{entries, with_entry};
use crate::share::{Note, Pin};

/// What a note is pinned to, as text: a letter for what it is, then its parts with `|` between them.
pub fn key(pin: &Pin) -> String {
    match pin {
        Pin::Session => "w".to_owned(),
        Pin::Finding { rule, place } => format!("f|{rule}|{place}"),
        Pin::Site { node } => format!("s|{node}"),
        Pin::Range { file, from, to } => format!("r|{from}|{to}|{file}"),
    }
}

/// What [`key`] made such text of.
pub fn pin(key: &str) -> Option<Pin> {
    let (sort, rest) = key.split_once('|').unwrap_or((key, ""));
    Some(match sort {
        "w" => Pin::Session,
        "f" => {
            let (rule, place) = rest.split_once('|')?;
            Pin::Finding { rule: rule.to_owned(), place: place.to_owned() }
        }
        "s" => Pin::Site { node: rest.to_owned() },
        "r" => {
            let (from, rest) = rest.split_once('|')?;
            let (to, file) = rest.split_once('|')?;
            Pin::Range { file: file.to_owned(), from: from.parse().ok()?, to: to.parse().ok()? }
        }
        _ => return None,
    })
}

/// The notes of an address, at most [`Note::MOST`]; what is no note is left out.
pub fn notes(list: &str) -> Vec<Note> {
    entries(list).filter_map(|(on, text)| Note::new(pin(&on)?, &text)).take(Note::MOST).collect()
}

/// Notes as an address has them.
pub fn list(notes: &[Note]) -> String {
    notes.iter().fold(String::new(), |list, note| with_entry(&list, &key(&note.on), &note.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_from_an_address() {
        let pins = [
            Pin::Session,
            Pin::Finding { rule: "heap-leak".to_owned(), place: "main.(*T|U).f".to_owned() },
            Pin::Site { node: "a;b:c%|<i>".to_owned() },
            Pin::Range { file: "run|1/trace.out".to_owned(), from: -3, to: 5 },
        ];
        let notes: Vec<Note> =
            pins.into_iter().filter_map(|on| Note::new(on, "see; the: code & <b>\nline two")).collect();
        assert_eq!(notes.len(), 4);
        assert_eq!(super::notes(&list(&notes)), notes);
        assert_eq!(super::notes("q%7C:x;r%7Ca%7Cb%7Cc:y;w:%20;:;z"), []);
    }
}
