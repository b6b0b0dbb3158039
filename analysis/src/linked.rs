//! The files that a link names: what each is called, how large it is, and how its identity begins. The list is the pair
//! `files=` of the address, as entries (`link::entries`) `name:size.hash`.

use crate::link::{encoded, entries};

/// Digits of the hash that a link keeps: 64 bits. Among a million files two that begin alike are one chance in 37 million.
pub const HASH_DIGITS: usize = 16;
/// What the list may take of an address that stays under 2 KB, as the address has it.
pub const MOST_BYTES: usize = 900;

/// A file that a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedFile {
    /// Its name.
    pub name: String,
    /// Its size on the sender's disk.
    pub size_bytes: u64,
    /// How the SHA-256 of its bytes without compression begins, in hexadecimal digits.
    pub hash: String,
}

impl LinkedFile {
    /// As an entry of the list.
    pub fn entry(&self) -> String {
        let hash: String = self.hash.chars().take(HASH_DIGITS).collect();
        format!("{}:{}.{hash}", encoded(&self.name).replace(':', "%3A"), self.size_bytes)
    }

    /// Whether these are its bytes; `hex` is all of a file's hash.
    pub fn is(&self, hex: &str) -> bool {
        hex.starts_with(&self.hash)
    }
}

/// The files of a list; what is no entry of it is left out, as is what has too few digits to tell files apart.
pub fn files(list: &str) -> Vec<LinkedFile> {
    let file = |(name, value): (String, String)| {
        let (size, hash) = value.split_once('.')?;
        let is_hash = hash.len() >= 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        let hash = hash.to_ascii_lowercase();
        is_hash.then(|| LinkedFile { name, size_bytes: size.parse().unwrap_or(0), hash })
    };
    entries(list).filter_map(file).collect()
}

/// How many more the sender had than there was room for.
pub fn unnamed(list: &str) -> u64 {
    list.rsplit_once(";+").or_else(|| Some(("", list.strip_prefix('+')?))).map_or(0, |(_, n)| n.parse().unwrap_or(0))
}

/// The list of an address, once files came and went: what the link named and is not there yet stays in it. All three are
/// entries apart by `;`: what the address says, what was open before, and what is open now.
pub fn merged(list: &str, before: &str, now: &str) -> String {
    let parts =
        |list: &'_ str| list.split(';').filter(|part| part.contains(':')).map(str::to_owned).collect::<Vec<_>>();
    let (before, now) = (parts(before), parts(now));
    // What is here is not awaited, whatever it is called and however it is packed.
    let hash = |part: &str| part.rsplit('.').next().unwrap_or_default().to_owned();
    let here: Vec<String> = now.iter().map(|part| hash(part)).collect();
    let awaited = parts(list).into_iter().filter(|part| !before.contains(part) && !here.contains(&hash(part)));
    // Once files are open, how many of them the sender could not name tells nothing any more.
    let mut left = if now.is_empty() { unnamed(list) } else { 0 };
    let (mut out, mut bytes) = (String::new(), 0);
    for part in awaited.chain(now.iter().cloned()) {
        bytes += encoded(&part).len() + 3;
        if bytes > MOST_BYTES {
            left += 1;
        } else {
            out = if out.is_empty() { part } else { format!("{out};{part}") };
        }
    }
    if left > 0 { format!("{out};+{left}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, hash: &str) -> LinkedFile {
        LinkedFile { name: name.to_owned(), size_bytes: 1200, hash: hash.to_owned() }
    }

    #[test]
    fn a_list_says_what_it_was_made_of_whatever_files_are_called() {
        let named = [file("heap.0.pb.gz", "0123456789abcdef"), file("a;b:c.d%3B/<é>", "fedcba9876543210")];
        let list = named.each_ref().map(LinkedFile::entry).join(";");
        assert_eq!(files(&list), named);
        assert!(named[0].is("0123456789abcdef0123") && !named[0].is("0123456789abcdee"));
        assert_eq!(
            files("x:1.zz;y:1.12;:;;z;w:-4.aaaaaaaaaa"),
            [LinkedFile { size_bytes: 0, ..file("w", "aaaaaaaaaa") }]
        );
    }

    #[test]
    fn what_is_awaited_stays_and_what_was_taken_out_goes() {
        let [a, b, c] = [("a", "a1"), ("b", "b2"), ("c", "c3")].map(|(name, hash)| file(name, &hash.repeat(8)).entry());
        let both = format!("{a};{b}");
        assert_eq!(merged(&both, "", &c), format!("{a};{b};{c}"));
        assert_eq!(merged(&both, "", &both), both);
        // Under another name, and not packed.
        let renamed = LinkedFile { size_bytes: 9000, ..file("z", &"a1".repeat(8)) }.entry();
        assert_eq!(merged(&both, "", &renamed), format!("{b};{renamed}"));
        // One that was open and is not any more.
        assert_eq!(merged(&both, &both, &a), a);
        assert_eq!(merged("", "", ""), "");
    }

    #[test]
    fn a_list_leaves_room_for_the_rest_of_the_address() {
        let many: Vec<String> =
            (0..400).map(|n| file(&format!("run/heap.{n}.pb.gz"), &format!("{n:016x}")).entry()).collect();
        let list = merged("", "", &many.join(";"));
        assert!(encoded(&list).len() <= MOST_BYTES + 10, "{}", encoded(&list).len());
        let named = files(&list).len() as u64;
        assert!(named > 10);
        assert_eq!(named + unnamed(&list), 400);
        // The same again, as a reload has it.
        assert_eq!(merged(&list, &many.join(";"), &many.join(";")), list);
    }
}
