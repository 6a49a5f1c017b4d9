//! How grave a line is, as its writer says in one of the usual forms.

/// A line's level, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// All levels, the gravest first, as a filter lists them.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// The word for it.
    pub fn word(self) -> &'static str {
        ["debug", "info", "warn", "error"][self as usize]
    }
}

/// Bytes at a line's beginning in which its level is looked for.
const LOOKED_AT: usize = 160;

/// The words of logging libraries, in lower case.
const WORDS: [(&str, Level); 19] = [
    ("trace", Level::Debug),
    ("debug", Level::Debug),
    ("verbose", Level::Debug),
    ("info", Level::Info),
    ("information", Level::Info),
    ("notice", Level::Info),
    ("log", Level::Info),
    ("warn", Level::Warn),
    ("warning", Level::Warn),
    ("err", Level::Error),
    ("error", Level::Error),
    ("severe", Level::Error),
    ("critical", Level::Error),
    ("crit", Level::Error),
    ("alert", Level::Error),
    ("emerg", Level::Error),
    ("fatal", Level::Error),
    ("panic", Level::Error),
    ("exception", Level::Error),
];

/// The level that `text` (without colour codes) gives itself; `None` where it says nothing of it.
///
/// Known forms: JSON's `level`, `severity`, `lvl` and MongoDB's `s`; `level=warn`; klog's `E1122 …`; Redis's `1:M … #`;
/// a level in capitals (`ERROR`), in brackets (`[error]`) or at the beginning before a colon (`error: …`); an uncaught
/// exception's name at the beginning.
pub fn detect(text: &str) -> Option<Level> {
    if text.starts_with('{') {
        return json(text);
    }
    let head = head(text, LOOKED_AT);
    klog(head.as_bytes()).or_else(|| redis(head)).or_else(|| word(head))
}

/// The first `most` bytes, or a few fewer where a character would be cut.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn named(word: &str) -> Option<Level> {
    WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
}

/// Looks for the key in the text: parsing each line of a long log would take seconds.
fn json(text: &str) -> Option<Level> {
    ["\"level\"", "\"severity\"", "\"lvl\"", "\"s\""].into_iter().find_map(|key| {
        let rest = text[text.find(key)? + key.len()..].trim_start().strip_prefix(':')?.trim_start();
        let value = rest.strip_prefix('"').unwrap_or(rest);
        let end = value.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(value.len());
        match &value[..end] {
            // MongoDB's: fatal, error, warning, info, debug 1 to 5.
            "F" | "E" => Some(Level::Error),
            "W" => Some(Level::Warn),
            "I" => Some(Level::Info),
            // Pino's and Bunyan's numbers.
            number if number.parse().is_ok_and(|it: u32| it >= 10) => match number.parse().unwrap_or(0) {
                50.. => Some(Level::Error),
                40.. => Some(Level::Warn),
                30.. => Some(Level::Info),
                _ => Some(Level::Debug),
            },
            debug if debug.len() == 2 && debug.starts_with('D') => Some(Level::Debug),
            word => named(word),
        }
    })
}

fn klog(head: &[u8]) -> Option<Level> {
    let (letter, rest) = head.split_first()?;
    if rest.len() < 5 || !rest[..4].iter().all(u8::is_ascii_digit) || rest[4] != b' ' {
        return None;
    }
    match letter {
        b'I' => Some(Level::Info),
        b'W' => Some(Level::Warn),
        b'E' | b'F' => Some(Level::Error),
        _ => None,
    }
}

/// `1:M 22 Nov 2026 20:54:17.123 * Ready`: process id, role, time, and a mark for the level.
fn redis(head: &str) -> Option<Level> {
    let rest = head.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest =
        rest.strip_prefix(':').filter(|_| rest.len() < head.len())?.strip_prefix(['M', 'S', 'C', 'X'])?;
    let mark = rest.split(' ').find(|word| ["#", "*", "-", "."].contains(word))?;
    Some(match mark {
        "#" => Level::Warn,
        "*" => Level::Info,
        _ => Level::Debug,
    })
}

fn word(head: &str) -> Option<Level> {
    let mut from = 0;
    let mut first = true;
    while let Some(start) = head[from..].find(|c: char| c.is_ascii_alphabetic()).map(|at| from + at) {
        let end = head[start..].find(|c: char| !c.is_ascii_alphabetic()).map_or(head.len(), |at| start + at);
        let word = &head[start..end];
        let (before, after) = (&head[..start], &head[end..]);
        if let Some(level) = named(word) {
            let capitals = word.bytes().all(|byte| byte.is_ascii_uppercase());
            // `LOG` is PostgreSQL's, and else an ordinary word.
            let colon = after.starts_with(':');
            let bracketed = before.ends_with(['[', '<', '|']) && after.starts_with([']', '>', '|']);
            let given =
                before.ends_with("level=") || before.ends_with("level=\"") || before.ends_with("lvl=");
            let capitals = capitals && (!word.eq_ignore_ascii_case("log") || colon);
            if capitals || bracketed || given || (first && colon) {
                return Some(level);
            }
        }
        if first && start == 0 && names_an_exception(head) {
            return Some(Level::Error);
        }
        first = false;
        from = end;
    }
    None
}

/// Whether the line begins as an uncaught exception does: `java.lang.IllegalStateException: …`, `ValueError: …`.
fn names_an_exception(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._$".contains(c))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let last = name.rsplit('.').next().unwrap_or(name);
    (rest.is_empty() || rest.starts_with(':'))
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ["Exception", "Error"].iter().any(|end| last.ends_with(end) && last.len() > end.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_are_read_in_the_usual_forms() {
        use Level::{Debug, Error, Info, Warn};
        for (text, expect) in [
            (r#"{"level":"warn","msg":"slow"}"#, Some(Warn)),
            (r#"{"msg":"x","severity": "ERROR"}"#, Some(Error)),
            (r#"{"level":50,"msg":"x"}"#, Some(Error)),
            (r#"{"level": 30}"#, Some(Info)),
            (r#"{"s":"I","c":"REPL"}"#, Some(Info)),
            (r#"{"s":"D2","c":"REPL"}"#, Some(Debug)),
            (r#"{"level":"fatal"}"#, Some(Error)),
            (r#"{"msg":"\"level\": \"error\" was set"}"#, None),
            ("time=\"2026\" level=warning msg=x", Some(Warn)),
            ("E1122 20:54:17.1 1 main.go:3] no", Some(Error)),
            ("INFO  serving on 0.0.0.0:8081", Some(Info)),
            ("INFO:     Started server process [1]", Some(Info)),
            ("2026-11-22 20:54:17,123 [main] ERROR io.x - no", Some(Error)),
            ("[warn] disk is full", Some(Warn)),
            ("error: no such file", Some(Error)),
            ("LOG:  checkpoint starting: time", Some(Info)),
            ("FATAL:  password authentication failed", Some(Error)),
            ("1:M 22 Nov 2026 20:54:17.123 # WARNING overcommit", Some(Warn)),
            ("1:M * Ready to accept connections tcp", Some(Info)),
            ("java.lang.IllegalStateException: no", Some(Error)),
            ("ValueError: no", Some(Error)),
            ("GET /error 200", None),
            ("an error occurred in the log", None),
            ("Error", None),
            ("", None),
        ] {
            assert_eq!(detect(text), expect, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_be_looked_at(text in "[{\"level:\\[\\]A-Zé🍎0-9 .]{0,200}") {
            detect(&text);
        }
    }
}
