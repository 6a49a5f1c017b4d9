//! Moments and the lengths between them, to the microsecond, as the API server writes them.
//!
//! Of a date library the client would need no more than this, and would pay for it with a tenth of the bundle: time
//! zones and locales are the browser's business.

use std::fmt;
use std::ops::{Add, Neg};
use std::str::FromStr;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A moment of the years 0 to 9999 in UTC. Prints and parses as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Microseconds since 1970.
    micros: i64,
}

/// Why a text is no [`Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-03-01T12:00:00Z")]
pub struct NotATime;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { micros: 0 };

    /// This many microseconds after 1970, if that is in the years that can be written.
    fn new(micros: i64) -> Option<Self> {
        let writable = days(0, 1, 1) * DAY..days(10_000, 1, 1) * DAY;
        writable.contains(&micros).then_some(Self { micros })
    }

    /// This many seconds after 1970.
    pub fn from_second(seconds: i64) -> Option<Self> {
        Self::new(seconds.checked_mul(SECOND)?)
    }

    /// This many milliseconds after 1970.
    pub fn from_millisecond(milliseconds: i64) -> Option<Self> {
        Self::new(milliseconds.checked_mul(1000)?)
    }

    /// This many microseconds after 1970.
    pub fn from_microsecond(microseconds: i64) -> Option<Self> {
        Self::new(microseconds)
    }

    /// Microseconds since 1970.
    pub fn as_microsecond(self) -> i64 {
        self.micros
    }

    /// Milliseconds since 1970, rounded down.
    pub fn as_millisecond(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// How long after `earlier` this is; negative if before.
    pub fn duration_since(self, earlier: Self) -> SignedDuration {
        SignedDuration { micros: self.micros - earlier.micros }
    }

    /// This long after it.
    pub fn checked_add(self, duration: SignedDuration) -> Option<Self> {
        Self::new(self.micros.checked_add(duration.micros)?)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.micros.div_euclid(DAY));
        let second = self.micros.rem_euclid(DAY) / SECOND;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let fraction = format!("{:06}", self.micros.rem_euclid(SECOND));
        match fraction.trim_end_matches('0') {
            "" => f.write_str("Z"),
            digits => write!(f, ".{digits}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Scan(text.as_bytes()).timestamp().ok_or(NotATime)
    }
}

/// A length of time, which may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedDuration {
    micros: i64,
}

impl SignedDuration {
    /// This many minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self::from_secs(minutes.saturating_mul(60))
    }

    /// This many seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self { micros: seconds.saturating_mul(SECOND) }
    }

    /// This many milliseconds.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self { micros: milliseconds.saturating_mul(1000) }
    }

    /// Whole seconds, rounded towards zero.
    pub fn as_secs(self) -> i64 {
        self.micros / SECOND
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.micros < 0
    }
}

impl Add for SignedDuration {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { micros: self.micros.saturating_add(more.micros) }
    }
}

impl Neg for SignedDuration {
    type Output = Self;

    fn neg(self) -> Self {
        Self { micros: self.micros.saturating_neg() }
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day
/// ends them; 400 of them are 146,097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 719_469
}

/// The date that many days after 1970-01-01: the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// What is left of a text.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    /// RFC 3339, section 5.6; digits after the sixth of a fraction are dropped, a leap second is the one before it.
    fn timestamp(mut self) -> Option<Timestamp> {
        let year = self.number(4)?;
        self.mark(b"-")?;
        let month = self.number(2)?;
        self.mark(b"-")?;
        let day = self.number(2)?;
        self.mark(b"Tt ")?;
        let (hour, minute) = self.clock()?;
        self.mark(b":")?;
        let second = self.number(2).filter(|second| *second <= 60)?.min(59);
        let fraction = if self.mark(b".").is_some() { self.fraction()? } else { 0 };
        let offset = match self.mark(b"Zz+-")? {
            b'+' => self.clock()?,
            b'-' => self.clock().map(|(hour, minute)| (-hour, -minute))?,
            _ => (0, 0),
        };
        let days = days(year, month, day);
        if date(days) != (year, month, day) || !self.0.is_empty() {
            return None;
        }
        let minutes = (hour - offset.0) * 60 + minute - offset.1;
        Timestamp::new(days * DAY + (minutes * 60 + second) * SECOND + fraction)
    }

    /// `HH:MM`.
    fn clock(&mut self) -> Option<(i64, i64)> {
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        self.mark(b":")?;
        let minute = self.number(2).filter(|minute| *minute < 60)?;
        Some((hour, minute))
    }

    /// A number of exactly this many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// Microseconds of at least one digit.
    fn fraction(&mut self) -> Option<i64> {
        let mut unit = SECOND / 10;
        let mut fraction = self.digit()? * unit;
        while let Some(digit) = self.digit() {
            unit /= 10;
            fraction += digit * unit;
        }
        Some(fraction)
    }

    fn digit(&mut self) -> Option<i64> {
        self.mark(b"0123456789").map(|digit| i64::from(digit - b'0'))
    }

    /// The next byte, if it is one of these.
    fn mark(&mut self, any: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    #[test]
    fn reads_what_kubernetes_and_helm_write() {
        let check = |text: &str, expect: &str| assert_eq!(parse(text).unwrap().to_string(), expect);
        check("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z");
        check("2026-03-01T12:00:00.500000Z", "2026-03-01T12:00:00.5Z");
        check("2026-03-01T12:00:00.123456789+01:30", "2026-03-01T10:30:00.123456Z");
        check("2026-02-28T23:00:00-05:00", "2026-03-01T04:00:00Z");
        check("2024-02-29t00:00:60z", "2024-02-29T00:00:59Z");
        check("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:60:00Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00Zz",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_have_a_sign() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let back = at(0).duration_since(at(90));
        assert_eq!((back, back.as_secs(), back.is_negative()), (-SignedDuration::from_secs(90), -90, true));
        assert_eq!(at(60).checked_add(SignedDuration::from_mins(-1)), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(i64::MAX)), None);
        assert_eq!(Timestamp::from_second(i64::MIN), None);
        assert_eq!(Timestamp::from_millisecond(-1).map(Timestamp::as_millisecond), Some(-1));
    }

    proptest! {
        #[test]
        fn agrees_with_a_date_library(micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let jiff = jiff::Timestamp::from_microsecond(micros).unwrap();
            let own = Timestamp::new(micros).unwrap();
            prop_assert_eq!(own.to_string(), jiff.to_string());
            prop_assert_eq!(parse(&jiff.to_string()), Some(own));
        }

        #[test]
        fn every_day_of_a_date_is_one_after_the_day_before(day in -719_528_i64..2_932_896) {
            let (year, month, date_of_month) = date(day);
            prop_assert_eq!(days(year, month, date_of_month), day);
        }

        #[test]
        fn any_text_reads_or_is_refused(text in "[0-9TZ:.+ -]{0,30}|\\PC{0,30}") {
            parse(&text);
        }
    }
}
