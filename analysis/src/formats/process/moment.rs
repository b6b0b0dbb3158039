//! A line that only says when: what scripts write before they copy a file.

use crate::model::Nanos;

/// RFC 3339 (`date -Ins`, `date -Iseconds`), `date`'s own words in UTC, or seconds with a fraction (`date +%s.%N`), with or
/// without a word such as `time:` before it. A whole number alone could be a number of bytes, and is no time.
pub(super) fn parse(line: &str) -> Option<Nanos> {
    let line = line.trim().trim_start_matches(['#', '=']).trim_end_matches(['#', '=']).trim();
    let said = ["time:", "date:", "captured:", "at "].iter().find_map(|word| strip_word(line, word));
    let text = said.unwrap_or(line).trim();
    rfc3339(text).or_else(|| date_words(text)).or_else(|| unix_seconds(text, said.is_some()))
}

fn strip_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let head = line.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| line.get(word.len()..))?
}

/// `1795474798.718511766`.
fn unix_seconds(text: &str, is_said: bool) -> Option<Nanos> {
    let (whole, fraction) = match text.trim_start_matches('@').split_once('.') {
        Some(parts) => parts,
        None if is_said || text.starts_with('@') => (text.trim_start_matches('@'), ""),
        None => return None,
    };
    if whole.len() != 10 {
        return None;
    }
    nanos(digits(whole)?, fraction)
}

/// `2026-11-25T17:51:31.123456789+00:00`; a comma is the fraction's mark in some languages.
fn rfc3339(text: &str) -> Option<Nanos> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let days = days(digits(year)?, digits(month)?, digits(day)?)?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    nanos(days * 86_400 + seconds(clock)? - offset(zone)?, fraction)
}

/// `Wed Nov 25 17:51:31 UTC 2026`.
fn date_words(text: &str) -> Option<Nanos> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().take(7).collect();
    let &[_, month, day, clock, "UTC" | "GMT", year] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|known| *known == month)? as i64 + 1;
    nanos(days(digits(year)?, month, digits(day)?)? * 86_400 + seconds(clock)?, "")
}

/// `17:51:31`.
fn seconds(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':').map(digits);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let is_clock = hours < 24 && minutes < 60 && seconds < 61 && parts.next().is_none();
    is_clock.then_some(hours * 3600 + minutes * 60 + seconds)
}

/// `Z`, `+01:00`, `-0800`.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.bytes().next()? {
        b'Z' | b'z' if zone.len() == 1 => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let text: String = zone.get(1..)?.chars().filter(|&c| c != ':').collect();
    let (hours, minutes) = (digits(text.get(..2)?)?, digits(text.get(2..)?)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str) -> Option<i64> {
    let is_number = (1..=10).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Nanoseconds of seconds and the digits behind them.
fn nanos(seconds: i64, fraction: &str) -> Option<Nanos> {
    let fraction = fraction.get(..fraction.len().min(9))?;
    let part = if fraction.is_empty() { 0 } else { digits(fraction)? * 10_i64.pow(9 - fraction.len() as u32) };
    Some(Nanos::from_unix_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(part)?))
}

/// Days since 1970-01-01 (Howard Hinnant, “chrono-compatible low-level date algorithms”).
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..=2261).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_scripts() {
        let at = |text| parse(text).map(Nanos::unix_nanos);
        assert_eq!(at("2026-11-23T22:59:58.718508773Z"), Some(1_795_474_798_718_508_773));
        assert_eq!(at("=== 2026-11-23T23:59:58,5+01:00 ==="), Some(1_795_474_798_500_000_000));
        assert_eq!(at("Mon Nov 23 22:59:58 UTC 2026"), Some(1_795_474_798_000_000_000));
        assert_eq!(at("1795474798.718511766"), Some(1_795_474_798_718_511_766));
        assert_eq!(at("# date: 1795474798"), Some(1_795_474_798_000_000_000));
        assert_eq!(at("time: 2024-02-29 00:00:00Z"), Some(1_709_164_800_000_000_000));
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "1795474798",
            "max",
            "2026-13-01T00:00:00Z",
            "2026-11-23T25:00:00Z",
            "",
            "1.5",
            "at é",
            "T",
            "99999-1-1T1:1:1Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
