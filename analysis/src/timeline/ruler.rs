//! Times in words, and the ticks of a ruler.

use super::window::Window;

const UNITS: [(i64, &str); 4] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns")];
/// Ticks that a reader of clocks counts in.
const STEPS: [i64; 3] = [1, 2, 5];

/// Ticks over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruler {
    /// What stands before the first tick: the time that the ticks count from, such as `3.047 s`; empty when they count
    /// from the trace's beginning.
    pub base: String,
    /// Of the ticks.
    pub unit: &'static str,
    /// Time of each, and its words.
    pub ticks: Vec<(i64, String)>,
}

/// Ticks for `window`, at most `most`, as times since `zero`.
pub fn ruler(window: Window, zero: i64, most: usize) -> Ruler {
    let least = window.nanos() / most.max(1) as i64 + 1;
    let mut step = 1_i64;
    let mut place = 0;
    let mut power = 1_i64;
    while step < least && power < i64::MAX / 100 {
        place += 1;
        if place == STEPS.len() {
            (place, power) = (0, power * 10);
        }
        step = power * STEPS.get(place).copied().unwrap_or(1);
    }
    let (factor, unit) = UNITS.into_iter().find(|&(factor, _)| step >= factor).unwrap_or((1, "ns"));
    // Thousands of a unit are told once, before the first tick.
    let above = factor * 1000;
    let from = window.start - zero;
    let base = if factor < UNITS[0].0 && from.div_euclid(above) != 0 { from.div_euclid(above) * above } else { 0 };
    let first = from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step };
    let ticks = (0..=most as i64 + 1)
        .map(|at| first + at * step)
        .take_while(|&at| at + zero <= window.end)
        .map(|at| {
            let sign = if base == 0 { "" } else { "+" };
            (at + zero, format!("{sign}{}", (at - base) / factor))
        })
        .collect();
    Ruler { base: if base == 0 { String::new() } else { exact(base) }, unit, ticks }
}

/// A length in the unit that fits, with as many digits as can be read at a glance.
pub fn nanos_words(nanos: i64) -> String {
    let size = nanos.unsigned_abs();
    let fits = UNITS.into_iter().find(|&(factor, _)| size >= factor as u64).unwrap_or((1, "ns"));
    let value = nanos as f64 / fits.0 as f64;
    let decimals = match (fits.0, value.abs()) {
        (1, _) => 0,
        (_, value) if value >= 99.95 => 0,
        (_, value) if value >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {}", fits.1).replace('-', "−")
}

/// A time since the beginning, in seconds, with as many decimals as a window of `span_nanos` needs to tell pixels apart.
pub fn time_words(nanos: i64, span_nanos: i64) -> String {
    let decimals = match span_nanos {
        span if span >= 10_000_000_000 => 3,
        span if span >= 10_000_000 => 6,
        _ => 9,
    };
    let sign = if nanos < 0 { "−" } else { "" };
    let (whole, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let digits = format!("{rest:09}");
    format!("{sign}{whole}.{} s", digits.get(..decimals).unwrap_or(&digits))
}

/// A time with no more decimals than it has.
fn exact(nanos: i64) -> String {
    let words = time_words(nanos, 0);
    let number = words.trim_end_matches(" s").trim_end_matches('0').trim_end_matches('.');
    format!("{number} s")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let far = ruler(Window::new(500, 8_030_000_500), 500, 10);
        assert_eq!((far.unit, far.ticks.len(), far.base.as_str()), ("s", 9, ""));
        assert_eq!(far.ticks[8], (8_000_000_500, "8".to_owned()));
        let near = ruler(Window::new(3_047_400_000, 3_053_400_000), 0, 8);
        assert_eq!((near.base.as_str(), near.unit), ("3 s", "ms"));
        assert_eq!(near.ticks.first().unwrap().1, "+48");
        let nearest = ruler(Window::new(3_047_400_123, 3_047_401_123), 0, 10);
        assert_eq!((nearest.base.as_str(), nearest.unit, nearest.ticks.len()), ("3.0474 s", "ns", 5));
        assert_eq!(nearest.ticks[0].1, "+200");
    }

    #[test]
    fn lengths_and_times_read_well() {
        for (nanos, words) in
            [(329_728, "330 µs"), (12_800, "12.8 µs"), (1_500_678_273, "1.50 s"), (64, "64 ns"), (0, "0 ns")]
        {
            assert_eq!(nanos_words(nanos), words);
        }
        assert_eq!(time_words(3_047_400_123, 1_000), "3.047400123 s");
        assert_eq!(time_words(3_047_400_123, 60_000_000_000), "3.047 s");
    }
}
