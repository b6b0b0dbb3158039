//! Numbers for the screen: one unit per column. MB is 1,048,576 bytes, as pprof prints it.

use analysis::words::count;

/// The unit of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// How much of the plain value one of it is.
    pub(crate) factor: f64,
    /// Its name; empty for counts.
    pub(crate) unit: &'static str,
}

impl Scale {
    /// The largest unit in which `largest` is at least 1.
    pub(crate) fn for_values(unit: &str, largest: i64) -> Self {
        let steps: &[(f64, &'static str)] = match unit {
            "bytes" => {
                &[(1.0, "B"), (1024.0, "kB"), (1_048_576.0, "MB"), (1_073_741_824.0, "GB"), (1_099_511_627_776.0, "TB")]
            }
            "nanoseconds" => &[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"), (3600e9, "h")],
            _ => &[(1.0, "")],
        };
        let size = largest.unsigned_abs() as f64;
        let fits = steps.iter().rev().find(|(factor, _)| size >= *factor).or(steps.first());
        fits.map_or(Self { factor: 1.0, unit: "" }, |&(factor, unit)| Self { factor, unit })
    }

    /// A value without its unit: two decimals where the unit is scaled.
    pub(crate) fn text(self, value: f64) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        if self.factor == 1.0 {
            return count(value.round() as i64);
        }
        let scaled = value / self.factor;
        let decimals = if scaled.abs() >= 999.995 {
            0
        } else if scaled.abs() >= 99.995 {
            1
        } else {
            2
        };
        format!("{scaled:.decimals$}").replace('-', "−")
    }

    /// A value with its unit.
    pub(crate) fn with_unit(self, value: f64) -> String {
        if self.unit.is_empty() { self.text(value) } else { format!("{} {}", self.text(value), self.unit) }
    }

    /// A change: glyph, sign, value.
    pub(crate) fn delta(self, value: i64) -> String {
        match value {
            0 => "=".to_owned(),
            v if v > 0 => format!("▲ +{}", self.text(v as f64)),
            v => format!("▼ −{}", self.text(v.unsigned_abs() as f64)),
        }
    }
}

/// One value in the unit that fits it.
pub(crate) fn value(unit: &str, value: i64) -> String {
    Scale::for_values(unit, value).with_unit(value as f64)
}

/// A share in percent.
pub(crate) fn share(part: i64, whole: i64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1}%", part as f64 / whole as f64 * 100.0) }
}

/// Milliseconds as people read them.
pub(crate) fn millis(value: f64) -> String {
    if value >= 1000.0 { format!("{:.2} s", value / 1000.0) } else { format!("{value:.0} ms") }
}

/// Points of a line through `values`, for an SVG of this size.
pub(crate) fn sparkline(values: &[i64], width: f64, height: f64) -> String {
    let (low, high) = values.iter().fold((0_i64, 0_i64), |(low, high), &v| (low.min(v), high.max(v)));
    let span = (high as f64 - low as f64).max(1.0);
    let step = if values.len() > 1 { width / (values.len() - 1) as f64 } else { 0.0 };
    let point = |(at, &v): (usize, &i64)| {
        format!("{:.1},{:.1}", at as f64 * step, height - (v as f64 - low as f64) / span * height)
    };
    values.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_a_column() {
        let scale = Scale::for_values("bytes", 36_562_752);
        assert_eq!(
            (scale.text(36_562_752.0), scale.text(524_288.0), scale.unit),
            ("34.87".to_owned(), "0.50".to_owned(), "MB")
        );
        assert_eq!(scale.delta(-1_048_576), "▼ −1.00");
        assert_eq!(Scale::for_values("count", 8352).text(8352.0), "8,352");
        assert_eq!(value("nanoseconds", 1_500_000), "1.50 ms");
    }
}
