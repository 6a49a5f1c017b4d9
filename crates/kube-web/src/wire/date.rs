//! HTTP dates. A date library would cost more bytes than this one format.

/// Reads an HTTP date (RFC 9110, IMF-fixdate: `Sun, 22 Nov 2026 20:54:17 GMT`) as seconds since 1970.
pub fn parse_http(text: &str) -> Option<u64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|month| *month == name)? as u64;
    let year: u64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // A minute may have a leap second.
    let clock = hour < 24 && minute < 60 && second <= 60;
    if parts.next()? != "GMT" || !(1970..10_000).contains(&year) || !(1..=31).contains(&day) || !clock {
        return None;
    }
    // Days since 1970 with years counted from March, so that a leap day is a year's last day.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some((days.checked_sub(719_468)?) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds_since_1970() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(parse_http(text), expect, "{text}");
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777));
        check("Tue, 29 Feb 2000 12:00:00 GMT", Some(951_825_600));
        check("Sun, 22 Nov 2026 20:54:17 GMT", Some(1_795_380_857));
        check("Sun, 22 Nov 2026 20:54:17 CET", None);
        check("Sun, 22 Nov 2026 24:00:00 GMT", None);
        check("Sun, 22 Nov 2026 20:54:18446744073709551615 GMT", None);
        check("Sun, 22 Nov 2026 9999999999999999:54:17 GMT", None);
        check("yesterday", None);
        check("", None);
    }
}
