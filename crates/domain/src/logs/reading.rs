//! How the reading of logs stands, in words.

/// What becomes of one container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It has not started and has no log.
    NotStarted,
    /// What is there already is being read.
    Loading,
    /// New lines arrive as they are written.
    Following,
    /// New lines are asked for every few seconds: whatever stands between page and API server forbids WebSockets.
    Polled,
    /// All of it was read, and nothing more will come: a run that is over, or a pod that is gone.
    Ended,
    /// There was no run before this one.
    NoPrevious,
    /// In the server's words.
    Failed(String),
}

/// `12345` as "12,345".
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{} {}", grouped(number as u32), if number == 1 { one } else { more })
}

/// How the reading stands, in sentences: "Following 3 of 5 containers: 12,345 lines. 1 has not started, 1 could not be
/// read."
///
/// `gone` lines were let go because there were too many; `broken` ones were not all text.
pub fn told(readings: &[Reading], lines: u32, gone: u32, broken: u32) -> String {
    let count = |of: fn(&Reading) -> bool| readings.iter().filter(|it| of(it)).count();
    let loading = count(|it| *it == Reading::Loading);
    let following = count(|it| *it == Reading::Following);
    let polled = count(|it| *it == Reading::Polled);
    let all = readings.len();
    let of_all = |some: usize| match (some, all) {
        (1, 1) => "1 container".to_owned(),
        (some, all) if some == all => counted(all, "container", "containers"),
        (some, all) => format!("{some} of {}", counted(all, "container", "containers")),
    };
    let lines = counted(lines as usize, "line", "lines");
    let mut text = match () {
        () if all == 0 => return "No container is there to read.".to_owned(),
        () if loading > 0 => format!("Reading {}: {lines} so far.", of_all(loading)),
        () if following + polled > 0 => format!("Following {}: {lines}.", of_all(following + polled)),
        () => format!("{lines}, and no more will come."),
    };
    let mut also = |some: usize, words: &str| {
        if some > 0 {
            text.push_str(&format!(" {} {words}.", grouped(some as u32)));
        }
    };
    also(polled, "asked for new lines every few seconds, since no WebSocket opens");
    also(count(|it| *it == Reading::NotStarted), "not started yet");
    also(count(|it| *it == Reading::NoPrevious), "without an earlier run");
    also(count(|it| matches!(it, Reading::Failed(_))), "could not be read");
    also(gone as usize, "older lines let go to bound the memory");
    also(broken as usize, "with bytes that are no text, shown as �");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_reading_is_told_in_sentences() {
        use Reading::{Ended, Failed, Following, Loading, NoPrevious, NotStarted, Polled};
        let check =
            |readings: &[Reading], lines, expect: &str| assert_eq!(told(readings, lines, 0, 0), expect);
        check(&[], 0, "No container is there to read.");
        check(&[Loading, Following], 7, "Reading 1 of 2 containers: 7 lines so far.");
        check(&[Following], 1, "Following 1 container: 1 line.");
        check(
            &[Following, Following, NotStarted, Failed("no".into())],
            12_345,
            "Following 2 of 4 containers: 12,345 lines. 1 not started yet. 1 could not be read.",
        );
        check(
            &[Polled, Polled],
            3,
            "Following 2 containers: 3 lines. 2 asked for new lines every few seconds, since no WebSocket opens.",
        );
        check(&[Ended, NoPrevious], 3, "3 lines, and no more will come. 1 without an earlier run.");
        assert_eq!(
            told(&[Ended], 5, 2000, 1),
            "5 lines, and no more will come. 2,000 older lines let go to bound the memory. 1 with bytes that are no text, shown as �."
        );
    }
}
