//! Standard output, and the one line of an error.

use std::borrow::Cow;
use std::io::{self, IsTerminal, StdoutLock, Write};

use serde::Serialize;

use crate::answer::Piece;
use crate::error::CliError;

/// Standard output. A reader that went away is [`CliError::BrokenPipe`], which ends the program quietly.
pub(crate) struct Output {
    out: StdoutLock<'static>,
    is_terminal: bool,
}

impl Output {
    /// Lock standard output.
    pub(crate) fn new() -> Self {
        let out = io::stdout().lock();
        Output {
            is_terminal: out.is_terminal(),
            out,
        }
    }

    /// Write bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.out.write_all(bytes).map_err(stdout_error)
    }

    /// Write text that a model or a file made up, and show it at once. A terminal gets no control characters.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), CliError> {
        let shown = if self.is_terminal {
            without_controls(text)
        } else {
            Cow::Borrowed(text)
        };
        self.bytes(shown.as_bytes())?;
        self.flush()
    }

    /// Write a piece of an answer. What the model thinks is shown at a terminal only, dimmed.
    pub(crate) fn piece(&mut self, piece: Piece<'_>) -> Result<(), CliError> {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Reasoning(text) if self.is_terminal => {
                self.bytes(b"\x1b[2m")?;
                self.text(text)?;
                self.bytes(b"\x1b[0m")?;
                self.flush()
            }
            Piece::Reasoning(_) => Ok(()),
            Piece::Call(call) => self.text(&format!("[{}({})]\n", call.name, call.arguments)),
        }
    }

    /// Write one line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), CliError> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Write a value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(value).map_err(|e| CliError::Stdout(e.into()))?;
        self.line(&text)?;
        self.flush()
    }

    /// Show what was written.
    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        self.out.flush().map_err(stdout_error)
    }
}

fn stdout_error(error: io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::BrokenPipe,
        _ => CliError::Stdout(error),
    }
}

/// Write one line about a failure to standard error, whatever the message holds.
pub(crate) fn complain(message: &str) {
    let one_line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    note(&format!("hearth: {}", without_controls(&one_line)));
}

/// Write one line to standard error.
pub(crate) fn note(line: &str) {
    // If even standard error is closed, nobody is left to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Text that cannot move the cursor or change a terminal: controls other than line feed and tab are replaced.
fn without_controls(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(is_control) {
        Cow::Owned(text.replace(is_control, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_get_no_escape_sequences() {
        assert_eq!(without_controls("a\tb\nc é"), "a\tb\nc é");
        assert_eq!(
            without_controls("a\u{1b}[2Jb\u{9b}"),
            "a\u{fffd}[2Jb\u{fffd}"
        );
    }
}
