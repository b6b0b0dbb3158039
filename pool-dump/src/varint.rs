//! Integers of variable length: LEB128, seven bits a byte, low bits first; signed ones zigzag first.

/// A `u64` takes at most ten bytes.
pub(crate) const MAX_BYTES: usize = 10;

pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The difference of two unsigned numbers, wrapping, so that every pair has one.
pub(crate) fn put_delta(out: &mut Vec<u8>, from: u64, to: u64) {
    put(out, zigzag(to.wrapping_sub(from) as i64));
}

pub(crate) fn zigzag(value: i64) -> u64 {
    (value << 1) as u64 ^ (value >> 63) as u64
}

pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Reads one from the front of `bytes`; gives it and its length. `None`: cut short, or longer than a `u64`.
#[inline]
pub(crate) fn take(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    let mut value = u64::from(first & 0x7f);
    for (index, &byte) in bytes.iter().enumerate().take(MAX_BYTES).skip(1) {
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit only.
        if index == MAX_BYTES - 1 && byte > 1 {
            return None;
        }
        value |= bits << (7 * index);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_is_taken(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            let length = bytes.len();
            bytes.extend(tail);
            prop_assert_eq!(take(&bytes), Some((value, length)));
        }

        #[test]
        fn every_pair_has_a_delta(from: u64, to: u64) {
            let mut bytes = Vec::new();
            put_delta(&mut bytes, from, to);
            let delta = take(&bytes).map(|(value, _)| unzigzag(value));
            prop_assert_eq!(delta.map(|delta| from.wrapping_add(delta as u64)), Some(to));
        }
    }

    #[test]
    fn too_long_and_cut_are_refused() {
        assert_eq!(take(&[0x80; 11]), None);
        assert_eq!(take(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None);
        assert_eq!(take(&[0x80]), None);
        assert_eq!(take(&[]), None);
    }
}
