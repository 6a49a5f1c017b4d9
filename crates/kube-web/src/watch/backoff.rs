//! How long to wait before the next try.

use std::time::Duration;

/// kube-runtime's and client-go's values.
const SHORTEST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles until it reaches 30 s. Chance takes up to half of each wait away, so that many clients do not come back
/// at once: the first wait is 0.8 to 1.6 s, the longest 15 to 30 s.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait. `random` is from 0 up to 1.
    pub fn next(&mut self, random: f64) -> Duration {
        let doubled = SHORTEST.saturating_mul(2 << self.failures.min(10)).min(LONGEST);
        self.failures += 1;
        doubled.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }

    /// All is well again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether nothing has failed since the last reset.
    pub fn is_fresh(&self) -> bool {
        self.failures == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next(0.0).as_millis()).collect();
        assert_eq!(waits, [800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000]);
        for _ in 0..100 {
            assert_eq!(backoff.next(1.0), LONGEST);
        }
        backoff.reset();
        assert_eq!(backoff.next(0.5).as_millis(), 1200);
    }
}
