//! Durations and moments in words: "41 s", "1 h 5 min", "2 min ago".

use crate::time::{SignedDuration, Timestamp};

/// A duration in the two largest units that matter: `850 ms` is "under 1 s", then "41 s", "2 min 5 s", "1 h 5 min",
/// "3 d 4 h". Seconds are dropped from ten minutes on, minutes from a day on. The sign is ignored.
pub fn duration(of: SignedDuration) -> String {
    let secs = of.as_secs().unsigned_abs();
    let (minutes, hours, days) = (secs / 60, secs / 3600, secs / 86_400);
    match secs {
        0 => "under 1 s".to_owned(),
        1..60 => format!("{secs} s"),
        60..600 => two(minutes, "min", secs % 60, "s"),
        600..3600 => format!("{minutes} min"),
        3600..86_400 => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// How long ago `then` was, in its largest unit: "just now", "41 s ago", "2 min ago", "3 h ago", "5 d ago"; a moment
/// in the future (clocks differ between machines) by up to a minute counts as just now, later ones read "in 3 min".
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let age = now.duration_since(then);
    if age.as_secs() < 5 && age.as_secs() > -60 {
        return "just now".to_owned();
    }
    let words = coarse(age);
    if age.is_negative() { format!("in {words}") } else { format!("{words} ago") }
}

pub(crate) fn coarse(of: SignedDuration) -> String {
    let secs = of.as_secs().unsigned_abs();
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min", secs / 60),
        3600..86_400 => format!("{} h", secs / 3600),
        _ => format!("{} d", secs / 86_400),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_in_their_largest_units() {
        let check = |secs, expect: &str| assert_eq!(duration(SignedDuration::from_secs(secs)), expect);
        check(0, "under 1 s");
        check(41, "41 s");
        check(-41, "41 s");
        check(120, "2 min");
        check(125, "2 min 5 s");
        check(605, "10 min");
        check(3900, "1 h 5 min");
        check(86_400 * 3 + 3600 * 4 + 59, "3 d 4 h");
    }

    #[test]
    fn moments_read_relative_to_now() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let check = |secs: i64, expect: &str| {
            assert_eq!(ago(now.checked_add(-SignedDuration::from_secs(secs)).unwrap(), now), expect);
        };
        check(2, "just now");
        check(-30, "just now");
        check(-180, "in 3 min");
        check(41, "41 s ago");
        check(125, "2 min ago");
        check(7200, "2 h ago");
        check(86_400 * 5, "5 d ago");
    }
}
