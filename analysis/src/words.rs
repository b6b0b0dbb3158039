//! Numbers as people read them. MB is 1,048,576 bytes, as pprof prints it.

/// Bytes in the unit that fits, three digits or so: `34.9 MB`.
pub fn bytes(value: i64) -> String {
    let magnitude = value.unsigned_abs() as f64;
    let (factor, unit) = match magnitude {
        m if m >= 1_073_741_824.0 => (1_073_741_824.0, "GB"),
        m if m >= 1_048_576.0 => (1_048_576.0, "MB"),
        m if m >= 1024.0 => (1024.0, "kB"),
        _ => return format!("{value} B"),
    };
    let scaled = value as f64 / factor;
    let decimals = if scaled.abs() >= 99.95 { 0 } else { 1 };
    format!("{scaled:.decimals$} {unit}")
}

/// Bytes with a sign, for differences: `+30.5 MB`.
pub fn signed_bytes(value: i64) -> String {
    match value {
        0 => "0 B".to_owned(),
        v if v > 0 => format!("+{}", bytes(v)),
        v => format!("−{}", bytes(v.saturating_neg())),
    }
}

/// A whole number with thousands apart: `14,581`.
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// [`count`] of what is never negative.
pub fn number(value: u64) -> String {
    count(signed(value))
}

/// [`bytes`] of what is never negative.
pub fn size(value: u64) -> String {
    bytes(signed(value))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A share in percent: `95.9%`.
pub fn percent(ratio: f64) -> String {
    if (0.9995..1.0005).contains(&ratio) { "100%".to_owned() } else { format!("{:.1}%", ratio * 100.0) }
}

/// Seconds in the unit that fits: `7.5 s`, `12 min`, `3.2 h`.
pub fn seconds(value: f64) -> String {
    match value {
        v if v >= 2.0 * 3600.0 => format!("{:.1} h", v / 3600.0),
        v if v >= 120.0 => format!("{:.0} min", v / 60.0),
        v if v >= 1.0 => format!("{v:.1} s"),
        v => format!("{:.0} ms", v * 1000.0),
    }
}

/// Nanoseconds in the unit that fits: `85 ns`, `12.3 µs`, `4.5 ms`, `1.2 s`.
pub fn time(nanos: i64) -> String {
    let value = nanos as f64;
    let (scaled, unit) = match value.abs() {
        v if v < 1e3 => return format!("{nanos} ns"),
        v if v < 1e6 => (value / 1e3, "µs"),
        v if v < 1e9 => (value / 1e6, "ms"),
        _ => return seconds(value / 1e9),
    };
    let decimals = if scaled.abs() >= 99.95 { 0 } else { 1 };
    format!("{scaled:.decimals$} {unit}")
}

/// A function's name without the path of its package's parents: `cart.(*T).Add` of `github.com/acme/shop/cart.(*T).Add`.
pub fn without_path(function: &str) -> &str {
    let end = function.find(['[', '(']).unwrap_or(function.len());
    let start = function.get(..end).and_then(|head| head.rfind('/')).map_or(0, |slash| slash + 1);
    function.get(start..).unwrap_or(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_parents() {
        assert_eq!(without_path("github.com/acme/shop/cart.(*T).Add"), "cart.(*T).Add");
        assert_eq!(without_path("main.f[go.shape.a/b.T]"), "main.f[go.shape.a/b.T]");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(36_562_752), "34.9 MB");
        assert_eq!(bytes(-2048), "-2.0 kB");
        assert_eq!(signed_bytes(-2048), "−2.0 kB");
        assert_eq!(count(14_581), "14,581");
        assert_eq!(count(-1_234_567), "−1,234,567");
        assert_eq!(seconds(7.5), "7.5 s");
        assert_eq!(percent(0.9588), "95.9%");
        let times = [85, 12_345, 4_500_000, 1_200_000_000].map(time);
        assert_eq!(times, ["85 ns", "12.3 µs", "4.5 ms", "1.2 s"]);
    }
}
