//! A time as it is typed: `10s`.

use std::time::Duration;

/// A profile takes some hundredths of a second of the program that is watched.
const LEAST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(24 * 3600);

/// A whole number and its unit; a plain number is seconds.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let in_millis: u64 = match unit {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a time is a number and a unit, as in 500ms, 10s, 5m, 1h".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a time is a number and a unit, as in 10s".to_owned())?;
    let time = Duration::from_millis(number.saturating_mul(in_millis));
    if !(LEAST..=MOST).contains(&time) {
        return Err("it may be from 500ms to 24h".to_owned());
    }
    Ok(time)
}

/// As it would be typed.
pub(super) fn text(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1000 != 0 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nonsense_is_told() {
        assert_eq!(parse("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse("10"), Ok(Duration::from_secs(10)));
        assert_eq!(parse("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "10 s",
            "10sec",
            "0",
            "1ms",
            "25h",
            "99999999999999999999s",
            "18446744073709551615h",
            "é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
