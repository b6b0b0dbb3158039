//! Whether a series rises, and how fast: Theil–Sen and Mann–Kendall, which one odd snapshot does not mislead.

use crate::order;

/// What a series of points says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Median slope of all pairs, in value per unit of time (Theil–Sen).
    pub slope: f64,
    /// Kendall's tau: −1 falls always, 1 rises always.
    pub tau: f64,
    /// Two-sided chance of so strong an order in a series without trend (Mann–Kendall).
    pub p: f64,
}

/// Below this many points the chance is computed exactly; beyond, the normal approximation is good.
const EXACT_POINTS: usize = 10;

/// The trend of `values` at `times`; `None` for fewer than two points or no time between them.
pub fn trend(times: &[f64], values: &[f64]) -> Option<Trend> {
    let points: Vec<(f64, f64)> = times.iter().copied().zip(values.iter().copied()).collect();
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    let mut score = 0_i64;
    let mut pairs = 0_i64;
    for (at, &(time, value)) in points.iter().enumerate() {
        for &(later, next) in points.get(at + 1..).unwrap_or(&[]) {
            if later > time {
                slopes.push((next - value) / (later - time));
                pairs += 1;
                score += if next > value {
                    1
                } else if next < value {
                    -1
                } else {
                    0
                };
            }
        }
    }
    let slope = median(slopes)?;
    let ties = tie_sizes(values);
    let p = if ties.is_empty() && points.len() <= EXACT_POINTS {
        exact_p(points.len(), score)
    } else {
        normal_p(points.len(), score, &ties)
    };
    Some(Trend { slope, tau: score as f64 / pairs as f64, p })
}

/// The 95 % interval of the slope (Sen 1968): ranks among the slopes of all pairs, by the spread of Kendall's score. `None`
/// where there are too few points for one.
pub fn slope_interval(times: &[f64], values: &[f64]) -> Option<(f64, f64)> {
    let points: Vec<(f64, f64)> = times.iter().copied().zip(values.iter().copied()).collect();
    let later = |at: usize| points.get(at + 1..).unwrap_or(&[]);
    let pairs = points.iter().enumerate().flat_map(|(at, point)| later(at).iter().map(move |next| (point, next)));
    let mut slopes: Vec<f64> = pairs.filter(|(a, b)| b.0 > a.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect();
    order::sort_by(&mut slopes, f64::total_cmp);
    let n = points.len() as f64;
    let spread = crate::stats::Z95 * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let beyond = (slopes.len() as f64 - spread) / 2.0;
    if beyond < 1.0 {
        return None;
    }
    let low = *slopes.get(beyond.floor() as usize - 1)?;
    let high = *slopes.get(slopes.len().checked_sub(beyond.floor() as usize)?)?;
    Some((low, high))
}

/// The middle of values, or between the two in the middle; `None` of none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    let (count, middle) = (values.len(), values.len() / 2);
    if count == 0 {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if count % 2 == 1 {
        return Some(*upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some((lower + *upper) / 2.0)
}

/// How many times each value that comes more than once comes.
fn tie_sizes(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    order::sort_by(&mut sorted, f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|run| run.len() as f64).filter(|&size| size > 1.0).collect()
}

/// P(|S| ≥ |score|) over all orders of `n` points, by the recurrence of inversion counts.
fn exact_p(n: usize, score: i64) -> f64 {
    let most = n * n.saturating_sub(1) / 2;
    // ways[k]: orders of the points so far with k inversions.
    let mut ways = vec![0.0; most + 1];
    if let Some(first) = ways.first_mut() {
        *first = 1.0;
    }
    for size in 2..=n {
        let before = ways.clone();
        for (k, slot) in ways.iter_mut().enumerate() {
            let from = k.saturating_sub(size - 1);
            *slot = before.get(from..=k).unwrap_or(&[]).iter().sum();
        }
    }
    let all: f64 = ways.iter().sum();
    let extreme: f64 = ways
        .iter()
        .enumerate()
        .filter(|&(k, _)| (most as i64 - 2 * k as i64).abs() >= score.abs())
        .map(|(_, count)| count)
        .sum();
    (extreme / all).min(1.0)
}

/// Two-sided chance of a deviation of so many standard errors or more.
pub fn two_sided_p(z: f64) -> f64 {
    (2.0 * (1.0 - normal_cdf(z.abs()))).clamp(0.0, 1.0)
}

fn normal_p(n: usize, score: i64, ties: &[f64]) -> f64 {
    let n = n as f64;
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let variance = (spread(n) - ties.iter().map(|&t| spread(t)).sum::<f64>()) / 18.0;
    if variance <= 0.0 || score == 0 {
        return 1.0;
    }
    let z = (score.abs() as f64 - 1.0) / variance.sqrt();
    two_sided_p(z)
}

/// Abramowitz and Stegun 26.2.17, error below 7.5e-8.
fn normal_cdf(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly =
        t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if z >= 0.0 { 1.0 - upper } else { upper }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_straight_rise() {
        let trend = trend(&[0.0, 1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((trend.slope, trend.tau), (2.0, 1.0));
        // 2 of the 120 orders of five points are monotone.
        assert!((trend.p - 2.0 / 120.0).abs() < 1e-12, "{}", trend.p);
    }

    #[test]
    fn the_interval_of_a_slope_holds_it_and_needs_points() {
        let times: Vec<f64> = (0..8).map(f64::from).collect();
        let rising = [1.0, 3.5, 4.0, 7.5, 9.0, 10.5, 13.0, 15.5];
        let (low, high) = slope_interval(&times, &rising).unwrap();
        assert!(low > 1.0 && low < 2.0 && high > 2.0 && high < 3.0, "{low} {high}");
        let (low, high) = slope_interval(&times, &[5.0, 1.0, 4.0, 2.0, 6.0, 1.5, 5.5, 3.0]).unwrap();
        assert!(low < 0.0 && high > 0.0);
        assert_eq!(slope_interval(&[0.0, 1.0, 2.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn one_outlier_moves_nothing() {
        let trend = trend(&[0.0, 1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 500.0, 7.0, 9.0]).unwrap();
        assert!((trend.slope - 2.0).abs() < 0.5, "{}", trend.slope);
    }

    #[test]
    fn a_flat_series_has_no_trend() {
        let trend = trend(&[0.0, 1.0, 2.0, 3.0], &[5.0; 4]).unwrap();
        assert_eq!((trend.slope, trend.tau, trend.p), (0.0, 0.0, 1.0));
        assert_eq!(super::trend(&[0.0], &[1.0]), None);
    }
}
