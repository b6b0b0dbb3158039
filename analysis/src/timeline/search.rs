//! Searching where the answer is likely near.

/// How many of `times`, which rise, are not after `time`. `guess` is how many were found before the last time.
pub(super) fn count_until(times: &[i64], time: i64, guess: usize) -> usize {
    let is_before = |at: usize| times.get(at).is_some_and(|&other| other <= time);
    if !is_before(0) {
        return 0;
    }
    // Two steps aside of the guess, then twice as far each time.
    let guess = guess.clamp(1, times.len());
    let (mut low, mut high, mut step) = (1, times.len(), 2);
    if is_before(guess - 1) {
        low = guess;
        while low + step < high && is_before(low + step) {
            low += step + 1;
            step *= 2;
        }
        high = high.min(low + step);
    } else {
        high = guess - 1;
        while high > low + step && !is_before(high - step) {
            high -= step;
            step *= 2;
        }
        low = low.max(high.saturating_sub(step));
    }
    low + times.get(low..high).unwrap_or(&[]).partition_point(|&other| other <= time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_guess_finds_the_same() {
        let times: Vec<i64> = (0..300).map(|at| at * at / 7).collect();
        for length in [0, 1, 2, 17, 300] {
            for time in -3..13_000 {
                let times = &times[..length];
                let plain = times.partition_point(|&other| other <= time);
                for guess in [0, 1, 2, plain, plain + 1, plain.saturating_sub(3), 150, 299, 9_999] {
                    assert_eq!(count_until(times, time, guess), plain, "{length} {time} {guess}");
                }
            }
        }
    }
}
