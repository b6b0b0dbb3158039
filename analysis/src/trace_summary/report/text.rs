//! A moment as people write it.

/// Unix nanoseconds as Go prints a time in JSON: UTC, fractions without trailing zeros (time, `RFC3339Nano`).
pub fn wall_text(unix_nanos: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    const DAY_SECONDS: i64 = 86_400;
    let (seconds, nanos) = (unix_nanos.div_euclid(SECOND), unix_nanos.rem_euclid(SECOND));
    let (days, second) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
    let (year, month, day) = civil(days);
    let fraction = format!(".{nanos:09}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Year, month and day of a day since 1970-01-01, by eras of 400 years that begin in March (the leap day is last).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::wall_text;

    #[test]
    fn moments_read_as_go_prints_them() {
        assert_eq!(wall_text(0), "1970-01-01T00:00:00Z");
        assert_eq!(wall_text(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(wall_text(1_795_474_793_291_324_857), "2026-11-23T22:59:53.291324857Z");
        assert_eq!(wall_text(951_827_696_500_000_000), "2000-02-29T12:34:56.5Z");
    }
}
