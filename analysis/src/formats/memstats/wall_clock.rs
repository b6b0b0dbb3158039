//! Times as logs write them, as nanoseconds since the Unix epoch.

use crate::model::Nanos;

/// Of a text such as `2026-11-23T22:59:58.718508773Z`, with any offset (RFC 3339, ISO 8601), or of a plain number.
pub(in crate::formats) fn wall_time(text: &str) -> Option<Nanos> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(number) => number_time(number),
        Err(_) => date_time(text),
    }
}

/// A number of seconds, milliseconds, microseconds or nanoseconds: what lies between 1990 and 2100 is one of them only.
pub(in crate::formats) fn number_time(number: f64) -> Option<Nanos> {
    const EARLIEST_SECONDS: f64 = 631_152_000.0;
    const LATEST_SECONDS: f64 = 4_102_444_800.0;
    let scale = [1e9, 1e6, 1e3, 1.0].into_iter().find(|scale| {
        let seconds = number * scale / 1e9;
        (EARLIEST_SECONDS..LATEST_SECONDS).contains(&seconds)
    })?;
    // Whole parts by themselves: a float of nanoseconds is a quarter of a microsecond wide.
    let nanos = (number.trunc() as i64).checked_mul(scale as i64)?;
    Some(Nanos::from_unix_nanos(nanos.checked_add((number.fract() * scale).round() as i64)?))
}

fn date_time(text: &str) -> Option<Nanos> {
    // Digits alone are looked at: others may stand as they like.
    let (date, rest) = text.split_at_checked(10)?;
    let mut date = date.split(['-', '/']).map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    if !(1970..=2261).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']);
    let (clock, zone) = rest.split_at_checked(zone_at.unwrap_or(rest.len()))?;
    let (whole, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let mut parts = whole.trim().split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().map_or(Some(0), Result::ok)?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let fraction: String = fraction.chars().take_while(char::is_ascii_digit).take(9).collect();
    let nanos = format!("{fraction:0<9}").parse::<i64>().ok()?;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone_seconds(zone)?;
    Some(Nanos::from_unix_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?))
}

/// Seconds east of Greenwich.
fn zone_seconds(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return Some(0),
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).take(4).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { minutes.parse::<i64>().ok()? };
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes * 60))
}

/// Days since 1970-01-01 in the Gregorian calendar (H. Hinnant, “chrono-Compatible Low-Level Date Algorithms”).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_logs_are_read_and_nonsense_is_none() {
        let nanos = |text| wall_time(text).map(Nanos::unix_nanos);
        assert_eq!(nanos("2026-11-23T22:59:58.718508773Z"), Some(1_795_474_798_718_508_773));
        assert_eq!(nanos("2026-11-23T23:59:58.718+01:00"), Some(1_795_474_798_718_000_000));
        assert_eq!(nanos("2026-11-23T17:29:58,5-0530"), Some(1_795_474_798_500_000_000));
        assert_eq!(nanos("2026/11/23 22:59:58"), Some(1_795_474_798_000_000_000));
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(nanos("1795474798"), Some(1_795_474_798_000_000_000));
        assert_eq!(nanos("1795474798.5"), Some(1_795_474_798_500_000_000));
        assert_eq!(nanos("1795474798718"), Some(1_795_474_798_718_000_000));
        for nonsense in [
            "",
            "7",
            "-1",
            "nan",
            "inf",
            "2026-13-01T00:00:00Z",
            "2026-01-01T99:00:00Z",
            "9999-99-99",
            "ä",
            "2026-11-2ä",
        ] {
            assert_eq!(nanos(nonsense), None, "{nonsense}");
        }
    }
}
