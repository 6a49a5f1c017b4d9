//! What the user sees while a long step runs: one line with its elapsed time, redrawn on a terminal, repeated
//! now and then where output is kept.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process;

/// Redrawn this often on a terminal.
const REDRAW: Duration = Duration::from_millis(250);

/// Repeated this often where output is kept, so that a log shows life without filling up.
const REPEAT: Duration = Duration::from_secs(30);

/// A terminal line must not wrap, or redrawing would pile up lines.
const COLUMNS: usize = 78;

/// One step under way.
#[derive(Debug)]
pub struct Step {
    label: String,
    note: String,
    started: Instant,
    shown: Instant,
    terminal: bool,
}

impl Step {
    /// Announces a step. `label` says what is being done: "Building trunk 0.21.14".
    pub fn start(label: impl Into<String>) -> Self {
        let now = Instant::now();
        let step = Self {
            label: label.into(),
            note: String::new(),
            started: now,
            shown: now,
            terminal: io::stdout().is_terminal(),
        };
        step.show();
        step
    }

    /// Says how far the step is: "120 of 345 crates".
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = note.into();
    }

    /// Lets time pass on the line.
    pub fn tick(&mut self) {
        if self.shown.elapsed() >= if self.terminal { REDRAW } else { REPEAT } {
            self.shown = Instant::now();
            self.show();
        }
    }

    /// Ends the step well.
    pub fn done(self) {
        self.end("ok");
    }

    /// Ends a step that could not be judged.
    pub fn skipped(self) {
        self.end("skipped");
    }

    /// Ends the step badly; what went wrong is for the caller to print.
    pub fn failed(self) {
        self.end("FAILED");
    }

    fn end(self, word: &str) {
        let start = if self.terminal { "\r\x1b[K" } else { "" };
        println!("{start}{:>7}  {} ({})", word, self.label, elapsed(self.started.elapsed()));
    }

    fn show(&self) {
        let mut line = format!("{:>7}  {}", elapsed(self.started.elapsed()), self.label);
        if !self.note.is_empty() {
            line.push_str(": ");
            line.push_str(&self.note);
        }
        if self.terminal {
            let line: String = line.chars().take(COLUMNS).collect();
            print!("\r\x1b[K{line}");
            // A terminal that is gone cannot be told so.
            let _ = io::stdout().flush();
        } else {
            println!("{line}");
        }
    }
}

/// Runs a program as one step with its output in `log`. `note` reads each new piece of output and may say how far the
/// program is.
///
/// # Errors
/// As [`process::run`].
pub fn run(
    label: &str,
    command: &mut Command,
    log: &Path,
    note: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<(), process::Error> {
    let mut step = Step::start(label);
    let result = process::run(label, command, log, &mut |output| {
        if let Some(note) = note(output) {
            step.note(note);
        }
        step.tick();
    });
    match result {
        Ok(()) => step.done(),
        Err(_) => step.failed(),
    }
    result
}

/// A duration as a person says it: "7 s", "2m 05s".
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{}m {:02}s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        let check = |seconds, expect: &str| assert_eq!(elapsed(Duration::from_secs(seconds)), expect);
        check(0, "0 s");
        check(59, "59 s");
        check(60, "1m 00s");
        check(605, "10m 05s");
    }
}
