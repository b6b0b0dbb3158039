//! How long things last when some still go on: the estimate of Kaplan and Meier.

/// Which share is left after which time. Lengths of what has not ended are taken for what they are: at least so long.
///
/// ```
/// use analysis::stats::Survival;
///
/// // Two ended after 10 and 20; one goes on since 15, so that it says nothing of 20.
/// let survival = Survival::of(vec![(10, true), (15, false), (20, true)]);
/// assert_eq!(survival.gone_by(1.0 / 3.0), Some(10));
/// assert_eq!(survival.gone_by(0.9), Some(20));
/// assert_eq!(Survival::of(vec![(10, true), (15, false)]).gone_by(0.9), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survival {
    /// Times at which some ended, rising, and the share that is left from then on.
    pub steps: Vec<(i64, f64)>,
    /// The longest length, ended or not.
    pub longest: i64,
}

impl Survival {
    /// Of lengths, each with whether it has ended.
    pub fn of(mut lengths: Vec<(i64, bool)>) -> Self {
        // What ends at a time was there up to it, and so was what was last seen then.
        lengths.sort_unstable_by_key(|&(length, has_ended)| (length, !has_ended));
        let mut survival = Self { steps: Vec::new(), longest: lengths.last().map_or(0, |last| last.0) };
        let (mut at, mut left) = (0, 1.0);
        while let Some(&(length, _)) = lengths.get(at) {
            let same = lengths.get(at..).unwrap_or(&[]).iter().take_while(|other| other.0 == length);
            let (count, ended) = same.fold((0, 0), |(count, ended), other| (count + 1, ended + usize::from(other.1)));
            if ended > 0 {
                left *= 1.0 - ended as f64 / (lengths.len() - at) as f64;
                survival.steps.push((length, left));
            }
            at += count;
        }
        survival
    }

    /// The time by which that share has ended; `None` where too many go on to tell.
    pub fn gone_by(&self, share: f64) -> Option<i64> {
        // Products of fractions fall short of their sum by a last bit.
        self.steps.iter().find(|(_, left)| *left <= 1.0 - share + 1e-12).map(|&(time, _)| time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_what_goes_on_it_is_the_plain_quantile() {
        let survival = Survival::of((1..=100).rev().map(|length| (length, true)).collect());
        assert_eq!(
            (survival.gone_by(0.5), survival.gone_by(0.9), survival.gone_by(1.0)),
            (Some(50), Some(90), Some(100))
        );
        assert_eq!(Survival::of(Vec::new()), Survival::default());
        assert_eq!(Survival::of(vec![(7, false); 3]).gone_by(0.01), None);
    }

    #[test]
    fn what_goes_on_counts_while_it_is_seen() {
        // Freireich's leukaemia trial, the group with 6-MP (Kaplan–Meier: half were in remission for 23 weeks).
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|weeks| (weeks, true));
        let going_on = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|weeks| (weeks, false));
        let survival = Survival::of(ended.into_iter().chain(going_on).collect());
        assert_eq!(survival.gone_by(0.5), Some(23));
        let left: Vec<_> = survival.steps.iter().map(|&(weeks, left)| (weeks, (left * 1e3).round())).collect();
        assert_eq!(left, [(6, 857.0), (7, 807.0), (10, 753.0), (13, 690.0), (16, 627.0), (22, 538.0), (23, 448.0)]);
    }
}
