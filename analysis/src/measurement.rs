//! Units of values as pprof knows them: scaling, labels, percentages (pprof: `internal/measurement`).

/// A unit: its name, its other spellings in lower case without a final “s”, and its size in the base unit.
struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

/// Units of one kind, smallest first.
struct Family {
    units: &'static [Unit],
    /// What a value is given in when the wanted unit is of another family.
    default: (&'static str, f64),
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit { name, aliases, factor }
}

const FAMILIES: &[Family] = &[
    Family {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
            unit("MB", &["mb", "mbyte", "megabyte"], 1_048_576.0),
            unit("GB", &["gb", "gbyte", "gigabyte"], 1_073_741_824.0),
            unit("TB", &["tb", "tbyte", "terabyte"], 1_099_511_627_776.0),
            unit("PB", &["pb", "pbyte", "petabyte"], 1_125_899_906_842_624.0),
        ],
        default: ("B", 1.0),
    },
    Family {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: ("s", 1e9),
    },
    Family {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: ("GCU", 1.0),
    },
];

impl Family {
    fn find(&self, name: &str) -> Option<&'static Unit> {
        let lower = name.to_ascii_lowercase();
        let name = if lower.len() > 2 { lower.strip_suffix('s').unwrap_or(&lower) } else { &lower };
        self.units.iter().find(|unit| unit.aliases.contains(&name))
    }

    fn auto(&self, value: f64) -> (f64, &'static str) {
        let fits = self.units.iter().rev().find(|unit| value / unit.factor >= 1.0);
        fits.map_or((value / self.default.1, self.default.0), |unit| (value / unit.factor, unit.name))
    }
}

/// `value` in another unit, with the name of the unit it came out in. `auto` and `minimum` choose the largest unit that
/// leaves at least 1; an unknown unit leaves the number as it is. The name is empty where saying it adds nothing.
pub fn scale(value: i64, from: &str, to: &str) -> (f64, String) {
    if value < 0 && value != i64::MIN {
        let (scaled, unit) = scale(-value, from, to);
        return (-scaled, unit);
    }
    for family in FAMILIES {
        let Some(unit) = family.find(from) else { continue };
        let base = value as f64 * unit.factor;
        let (scaled, name) = match to {
            "minimum" | "auto" => family.auto(base),
            _ => family
                .find(to)
                .map_or((base / family.default.1, family.default.0), |target| (base / target.factor, target.name)),
        };
        return (scaled, name.to_owned());
    }
    match to {
        "count" | "sample" | "unit" | "minimum" | "auto" => (value as f64, String::new()),
        _ => (value as f64, to.to_owned()),
    }
}

/// How much one of `from` is of `to`, for values that are merged; 1 when they cannot be compared.
pub fn ratio(from: &str, to: &str) -> f64 {
    scale(1, from, to).0
}

/// Whether `name` is a unit that can be scaled to the unit `other`.
pub fn is_same_family(name: &str, other: &str) -> bool {
    FAMILIES.iter().any(|family| family.find(name).is_some() && family.find(other).is_some())
}

/// A value with its unit, two decimals at most, as pprof prints it.
pub fn label(value: i64, from: &str, to: &str) -> String {
    let (scaled, unit) = scale(value, from, to);
    let number = format!("{scaled:.2}");
    let number = number.strip_suffix(".00").unwrap_or(&number);
    if number == "0" || number == "-0" { "0".to_owned() } else { format!("{number}{unit}") }
}

/// A share of `total` in percent, six characters wide where it can be, as pprof prints it.
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 { 0.0 } else { (value as f64 / total as f64).abs() * 100.0 };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".to_owned()
    } else if ratio >= 1.0 {
        format!("{ratio:5.2}%")
    } else {
        format!("{:>5}%", two_digits(ratio))
    }
}

/// Two significant digits of a number below 1, without trailing zeros; tiny ones as 1.2e-05 (C's `%.2g`).
fn two_digits(ratio: f64) -> String {
    if ratio == 0.0 {
        return "0".to_owned();
    }
    // Rounding may carry into the next power of ten, so the exponent is taken after it.
    let scientific = format!("{ratio:.1e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 {
        let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
        return format!("{mantissa}e-{:02}", -exponent);
    }
    let decimals = usize::try_from(1 - exponent).unwrap_or(0);
    let fixed = format!("{ratio:.decimals$}");
    if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_pprof() {
        assert_eq!(label(36_562_752, "bytes", "auto"), "34.87MB");
        assert_eq!(label(1_500, "nanoseconds", "auto"), "1.50us");
        assert_eq!(label(-2048, "bytes", "auto"), "-2kB");
        assert_eq!(label(5, "count", "auto"), "5");
        assert_eq!(label(2_000_000_000, "nanoseconds", "B"), "2s");
    }

    #[test]
    fn percentages_as_pprof() {
        assert_eq!(percentage(32769, 16503), "198.56%");
        assert_eq!(percentage(0, 16503), "    0%");
        assert_eq!(percentage(1, 1000), "  0.1%");
        assert_eq!(percentage(1, 100_000_000), "1e-06%");
        assert_eq!(percentage(999, 1000), "99.90%");
        assert_eq!(percentage(7, 1500), " 0.47%");
    }
}
