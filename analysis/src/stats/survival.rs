//! How long things last when some still go on: the estimate of Kaplan and Meier (JASA 1958), its error by Greenwood.

/// Things of one length: so many ended then, and so many had lasted so long when they were last seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lasted {
    /// How many ended.
    pub ended: u64,
    /// How many go on.
    pub censored: u64,
}

/// The share that lasts longer, with its standard error, after each of `lengths`, which ascend.
pub fn kaplan_meier(lengths: &[Lasted]) -> impl Iterator<Item = (f64, f64)> {
    let mut at_risk: u64 = lengths.iter().map(|length| length.ended + length.censored).sum();
    let (mut share, mut greenwood) = (1.0, 0.0);
    lengths.iter().map(move |length| {
        let (ended, risk) = (length.ended as f64, at_risk as f64);
        if length.ended > 0 {
            share *= 1.0 - ended / risk;
            if length.ended < at_risk {
                greenwood += ended / (risk * (risk - ended));
            }
        }
        // What goes on at a length is at risk up to it.
        at_risk -= length.ended + length.censored;
        (share, share * f64::sqrt(greenwood))
    })
}

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
        lengths.sort_unstable();
        let (times, lasted): (Vec<i64>, Vec<Lasted>) =
            lengths.chunk_by(|a, b| a.0 == b.0).filter_map(of_one_length).unzip();
        let steps = times.iter().zip(&lasted).zip(kaplan_meier(&lasted));
        Self {
            steps: steps
                .filter(|((_, lasted), _)| lasted.ended > 0)
                .map(|((&time, _), (left, _))| (time, left))
                .collect(),
            longest: times.last().copied().unwrap_or(0),
        }
    }

    /// The time by which that share has ended; `None` where too many go on to tell.
    pub fn gone_by(&self, share: f64) -> Option<i64> {
        // Products of fractions fall short of their sum by a last bit.
        self.steps.iter().find(|(_, left)| *left <= 1.0 - share + 1e-12).map(|&(time, _)| time)
    }
}

fn of_one_length(same: &[(i64, bool)]) -> Option<(i64, Lasted)> {
    let ended = same.iter().filter(|(_, has_ended)| *has_ended).count() as u64;
    Some((same.first()?.0, Lasted { ended, censored: same.len() as u64 - ended }))
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
