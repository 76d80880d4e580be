//! What the families' parsers of calls have in common.

use super::Event;
use super::held::{Begins, Held};

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It needs more text.
    More,
    /// It got on: call it again.
    Again,
    /// The group of calls is over.
    Done,
    /// This is no call, or no call any more.
    Broken,
}

/// Parses what follows the mark that opens a group of calls.
pub(super) trait Group: Send {
    /// Takes what is clear.
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step;
}

/// Collects the events of calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) events: Vec<Event>,
    /// Number of calls so far.
    count: usize,
    /// Whether the last one is not complete.
    pub(super) open: bool,
}

impl Calls {
    pub(super) fn start(&mut self, name: &str) {
        self.incomplete();
        self.open = true;
        self.count += 1;
        self.events.push(Event::ToolCallStart {
            index: self.count - 1,
            name: name.to_owned(),
        });
    }

    pub(super) fn delta(&mut self, delta: String) {
        if !delta.is_empty() && self.open {
            self.events.push(Event::ToolCallArguments {
                index: self.count - 1,
                delta,
            });
        }
    }

    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            self.events.push(Event::ToolCallEnd {
                index: self.count - 1,
            });
        }
    }

    /// Gives an open call up.
    pub(super) fn incomplete(&mut self) {
        if std::mem::take(&mut self.open) {
            self.events.push(Event::ToolCallIncomplete {
                index: self.count - 1,
            });
        }
    }
}

/// Whether `name` can be a tool's.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    !name.is_empty() && name.len() <= 256 && name.chars().all(allowed)
}

/// Takes the mark that closes a group; a group without it is over all the same.
pub(super) fn close(held: &mut Held, mark: &str) -> Step {
    held.skip_white_space();
    match held.take_mark(mark) {
        Begins::Perhaps => Step::More,
        _ => Step::Done,
    }
}
