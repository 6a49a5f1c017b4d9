//! Going on with a log where it was left: the API server is asked for lines from a whole second on, and of those the ones
//! that are known already are dropped.

use std::collections::VecDeque;

use crate::time::Timestamp;

/// When a line was written, in nanoseconds since 1970, as the kubelet stamps it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads RFC 3339 with up to nine digits of a second.
    pub fn parse(text: &str) -> Option<Self> {
        let micros: Timestamp = text.parse().ok()?;
        let fraction = text.as_bytes().get(20..).filter(|_| text.as_bytes().get(19) == Some(&b'.'));
        let digits = fraction.unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit());
        let mut nanos = 0;
        for (digit, unit) in digits.skip(6).zip([100, 10, 1]) {
            nanos += i64::from(digit - b'0') * unit;
        }
        micros.as_microsecond().checked_mul(1000)?.checked_add(nanos).map(Self)
    }

    /// The same to the microsecond.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0.div_euclid(1000)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

const SECOND: i64 = 1_000_000_000;

/// How far one container's log has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// The newest second of any line, since 1970.
    second: Option<i64>,
    /// When the lines of that second were written, in order of arrival.
    latest: VecDeque<Moment>,
    /// After the log was opened again: those of them that have not come again yet.
    again: VecDeque<Moment>,
    /// Whether the line before was new, for the rest of a line that came in pieces.
    new: bool,
}

impl Resume {
    /// The time to ask the API server for (it counts in whole seconds); `None` for a log that was never read.
    pub fn since(&self) -> Option<String> {
        Timestamp::from_second(self.second?).map(|it| it.to_string())
    }

    /// The log is being opened again, from [`Resume::since`] on: what is known of that second will come again.
    pub fn reopen(&mut self) {
        self.again = self.latest.clone();
    }

    /// Whether a line of this time is new; `None` for the rest of a line whose beginning was seen.
    ///
    /// Lines of one second are told apart by their exact times, however often each occurs and in whatever order: clocks
    /// are set back now and then.
    pub fn accept(&mut self, at: Option<Moment>) -> bool {
        let Some(at) = at else { return self.new };
        let known = self.again.iter().position(|it| *it == at);
        self.new = known.is_none();
        if let Some(known) = known {
            self.again.remove(known);
            return false;
        }
        let second = at.0.div_euclid(SECOND);
        if self.second.is_none_or(|newest| second > newest) {
            self.second = Some(second);
            self.latest.clear();
            self.again.clear();
        }
        if self.second == Some(second) {
            self.latest.push_back(at);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_read_to_the_nanosecond() {
        let check = |text: &str, expect: Option<i64>| {
            assert_eq!(Moment::parse(text).map(|it| it.0), expect, "{text}")
        };
        check("1970-01-01T00:00:01Z", Some(1_000_000_000));
        check("1970-01-01T00:00:01.123456789Z", Some(1_123_456_789));
        check("1970-01-01T00:00:01.1Z", Some(1_100_000_000));
        check("1970-01-01T00:00:01.1234567Z", Some(1_123_456_700));
        check("1970-01-01T01:00:01.000000001+01:00", Some(1_000_000_001));
        check("yesterday", None);
        assert_eq!(Moment(1_123_456_789).timestamp().to_string(), "1970-01-01T00:00:01.123456Z");
    }

    proptest! {
        #[test]
        fn a_log_read_in_parts_is_read_once(
            steps in prop::collection::vec(-200_i64..700, 1..40), cuts in prop::collection::vec(0_usize..40, 0..6),
        ) {
            // Milliseconds that stand still or run back now and then.
            let times: Vec<Moment> =
                steps.iter().scan(0, |at, step| { *at += step.max(&-50); Some(Moment(*at * 1_000_000)) }).collect();
            let mut resume = Resume::default();
            let mut read = Vec::new();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % times.len()).collect();
            ends.sort_unstable();
            ends.push(times.len());
            for end in ends {
                resume.reopen();
                let since: Timestamp = resume.since().unwrap_or("0000-01-01T00:00:00Z".into()).parse().unwrap();
                let again = times[..end].iter().copied().filter(|at| at.timestamp() >= since);
                read.extend(again.filter(|at| resume.accept(Some(*at))));
            }
            // Only what was written while nobody read, with a clock set back to an earlier second, cannot be asked for.
            let newest = |upto: usize| times[..upto].iter().map(|at| at.0.div_euclid(SECOND)).max();
            let askable = (0..times.len()).all(|at| newest(at).is_none_or(|second| times[at].0.div_euclid(SECOND) >= second));
            prop_assert!(!askable || read == times, "{:?} of {:?}", read, times);
            read.sort_unstable();
            let mut all = times;
            all.sort_unstable();
            prop_assert!(read.iter().all(|at| all.contains(at)) && read.len() <= all.len());
        }
    }

    #[test]
    fn the_rest_of_a_long_line_goes_with_its_beginning() {
        let mut resume = Resume::default();
        assert!(resume.accept(Some(Moment(5))) && resume.accept(None));
        assert_eq!(resume.since().as_deref(), Some("1970-01-01T00:00:00Z"));
        resume.reopen();
        assert!(!resume.accept(Some(Moment(5))) && !resume.accept(None));
        assert!(resume.accept(Some(Moment(6))) && resume.accept(None));
    }
}
