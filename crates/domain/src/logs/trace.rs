//! Which lines belong to the stack trace of the line before them.

/// What is known of one container's latest lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trace {
    /// The line before was of a trace.
    inside: bool,
}

impl Trace {
    /// Whether `text` (without colour codes) is part of a trace, if there is a line that can be its head.
    ///
    /// Lines that tell what happened are none, though they stand inside of one: Java's `Caused by: …`, Python's last
    /// line. They are what one looks for, and head the frames below them.
    pub(super) fn follows(&mut self, text: &str) -> bool {
        let part = opens(text) || frame(text) || self.inside && within(text);
        self.inside = part;
        part
    }
}

/// Lines that a trace begins with, or that stand between two of its parts.
fn opens(text: &str) -> bool {
    [
        "Traceback (most recent call last):",
        "stack backtrace:",
        "goroutine ",
        "During handling of the above exception",
        "The above exception was the direct cause",
    ]
    .iter()
    .any(|head| text.trim_start().starts_with(head))
}

/// A frame of Java, JavaScript, .NET, Rust, Python, Ruby or Go.
fn frame(text: &str) -> bool {
    let bare = text.trim_start();
    if bare.len() == text.len() {
        return text.starts_with("created by ");
    }
    let numbered = bare.split_once(": ").is_some_and(|(number, rest)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && rest.contains("::")
    });
    let more =
        bare.starts_with("... ") && (bare.ends_with(" more") || bare.ends_with("common frames omitted"));
    let go = bare.contains(".go:");
    let ruby = bare.starts_with("from ") && bare.contains(".rb:");
    bare.starts_with("at ") || bare.starts_with("File \"") || numbered || more || go || ruby
}

/// What stands inside a trace: source lines, Go's functions, blank lines.
fn within(text: &str) -> bool {
    text.starts_with([' ', '\t']) || text.trim().is_empty() || go_function(text)
}

/// `main.(*Server).run(0xc000012345, {0x1, 0x2})`
fn go_function(text: &str) -> bool {
    text.ends_with(')')
        && text
            .split('(')
            .next()
            .is_some_and(|name| name.contains('.') && !name.contains([' ', ':', '"', '=']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line with `|` before it where it is part of a trace.
    fn check(marked: &str) {
        let mut trace = Trace::default();
        for line in marked.lines() {
            let (part, text) = line.strip_prefix('|').map_or((false, line), |text| (true, text));
            assert_eq!(trace.follows(text), part, "{line:?} of {marked}");
        }
    }

    #[test]
    fn traces_follow_their_heads() {
        check(
            "ERROR no\njava.lang.IllegalStateException: no\n|\tat a.B.c(B.java:1)\n|\t... 12 more\nCaused by: x.Y: z\n|\tat a.B\nINFO on",
        );
        check(
            "ERROR no\n|Traceback (most recent call last):\n|  File \"x.py\", line 1, in f\n|    raise ValueError(1)\nValueError: 1\nINFO on",
        );
        check(
            "panic: no\n\n|goroutine 1 [running]:\n|main.run(0x1)\n|\t/app/main.go:10 +0x1d\n|created by main.main\nexit status 2",
        );
        check("Error: no\n|    at f (/app/x.js:1:2)\n|    at node:internal/x\nnext");
        check(
            "thread 'main' panicked at src/main.rs:2:5:\n|stack backtrace:\n|   0: std::panicking::begin\n|             at src/main.rs\nnote: x",
        );
    }

    #[test]
    fn other_indented_lines_are_lines() {
        check("settings:\n  host: db\n  port: 1\nat last");
    }
}
