//! In place of progress bars where there is no terminal.

/// What a bar would count.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Bytes.
    Bytes,
    /// Tokens.
    Tokens,
}

/// No bar.
pub(crate) struct Progress;

impl Progress {
    /// No bar for `total` units of work.
    pub(crate) fn new(_title: &'static str, _unit: Unit, _total: u64) -> Self {
        Progress
    }

    /// Nobody is told how much is done.
    pub(crate) fn at(&mut self, _done: u64) {}
}
