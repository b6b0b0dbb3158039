//! Sizes and lengths of time as a Java machine prints them.

/// `24M`, `17472K`, `24.0M`, `0.0B`, `1G`: in bytes.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(at)?;
    let factor = match unit.bytes().next() {
        Some(b'K') => 1024.0,
        Some(b'M') => 1_048_576.0,
        Some(b'G') => 1_073_741_824.0,
        Some(b'T') => 1_099_511_627_776.0,
        Some(b'B') | None => 1.0,
        _ => return None,
    };
    let number: f64 = number.replace(',', ".").parse().ok()?;
    (number >= 0.0).then_some((number * factor) as u64)
}

/// Before, after, capacity where it is said.
pub(super) type Change = (u64, u64, Option<u64>);

/// `24M->4M(256M)`, `24.0M(256.0M)->2800.0K(256.0M)`, `52M(10%)->22M(4%)`.
pub(super) fn change(word: &str) -> Option<Change> {
    let (before, after) = word.split_once("->")?;
    let head = |text: &str| bytes(text.split('(').next()?);
    let capacity = after.split_once('(').and_then(|(_, rest)| bytes(rest.split(')').next()?));
    Some((head(before)?, head(after)?, capacity))
}

/// `1.274ms`, `0.012s`: in nanoseconds.
pub(super) fn nanos(word: &str) -> Option<i64> {
    let (number, factor) = match word.strip_suffix("ms") {
        Some(number) => (number, 1e6),
        None => (word.strip_suffix('s')?, 1e9),
    };
    let number: f64 = number.replace(',', ".").parse().ok()?;
    (number >= 0.0).then(|| (number * factor).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_in_every_unit() {
        assert_eq!(change("24M->4M(256M)"), Some((24 << 20, 4 << 20, Some(256 << 20))));
        assert_eq!(change("24.0M(256.0M)->2800.0K(128.0M)"), Some((24 << 20, 2800 << 10, Some(128 << 20))));
        assert_eq!(change("52M(10%)->22M(4%)"), Some((52 << 20, 22 << 20, None)));
        assert_eq!(change("0.0B->3072.0K"), Some((0, 3072 << 10, None)));
        assert!(change("a->b").is_none() && change("6->0(20").is_some());
        assert_eq!(
            (nanos("1.274ms"), nanos("0,012s"), nanos("-1ms"), nanos("12")),
            (Some(1_274_000), Some(12_000_000), None, None)
        );
    }
}
