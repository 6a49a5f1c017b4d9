//! Going on with a log where it was left: the API server is asked for lines from a whole second on, and of those the ones
//! that are known already are dropped.

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

/// How far one container's log has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// The newest line's time.
    last: Option<Moment>,
    /// Lines of exactly that time.
    known: u32,
    /// After the log was opened again: lines of that time met so far.
    met: Option<u32>,
    /// Whether the line before was new, for the rest of a line that came in pieces.
    new: bool,
}

impl Resume {
    /// The time to ask the API server for (it counts in whole seconds); `None` for a log that was never read.
    pub fn since(&self) -> Option<String> {
        let second = self.last?.0.div_euclid(1_000_000_000);
        Timestamp::from_second(second).map(|it| it.to_string())
    }

    /// The log is being opened again: what is known will come again first.
    pub fn reopen(&mut self) {
        self.met = self.last.map(|_| 0);
    }

    /// Whether a line of this time is new; `None` for the rest of a line whose beginning was seen.
    pub fn accept(&mut self, at: Option<Moment>) -> bool {
        let Some(at) = at else { return self.new };
        self.new = match (self.met, self.last) {
            (Some(_), Some(last)) if at < last => false,
            (Some(met), Some(last)) if at == last => {
                self.met = Some(met + 1);
                met >= self.known
            }
            _ => {
                self.met = None;
                true
            }
        };
        if self.new {
            self.known = if self.last == Some(at) { self.known + 1 } else { 1 };
            self.last = Some(at);
        }
        self.new
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
            steps in prop::collection::vec(0_i64..3, 1..40), cuts in prop::collection::vec(0_usize..40, 0..6),
        ) {
            // Times that stand still now and then, within one second: what `sinceTime` cannot tell apart.
            let times: Vec<Moment> = steps.iter().scan(0, |at, step| { *at += step; Some(Moment(*at)) }).collect();
            let mut resume = Resume::default();
            let mut read = Vec::new();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % times.len()).collect();
            ends.sort_unstable();
            ends.push(times.len());
            for end in ends {
                resume.reopen();
                read.extend(times[..end].iter().copied().filter(|at| resume.accept(Some(*at))));
            }
            prop_assert_eq!(read, times);
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
