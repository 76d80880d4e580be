//! Which positions a query sees.

use std::ops::Range;

/// Which keys of its sequence a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// The query's own position and those before it.
    Causal {
        /// At most so many of them, the query's own counted: key `j` is hidden from query `i` where `i - j >= window`.
        /// Its own position is seen even by a window of 0.
        window: Option<usize>,
    },
    /// All positions up to the largest one that the sequence has in this step: a text that is evaluated whole.
    Bidirectional {
        /// Those not further away than half of it, rounded down: key `j` is hidden from query `i` where
        /// `|i - j| > window / 2`.
        window: Option<usize>,
    },
}

impl Mask {
    /// The positions that the query at `position` sees, in a text that ends before `text_end`.
    pub(super) fn sees(self, position: usize, text_end: usize) -> Range<usize> {
        match self {
            Mask::Causal { window } => {
                let end = position + 1;
                end.saturating_sub(window.unwrap_or(end).max(1))..end
            }
            Mask::Bidirectional { window: None } => 0..text_end,
            Mask::Bidirectional { window: Some(w) } => {
                let reach = w / 2;
                let end = position.saturating_add(reach).saturating_add(1);
                position.saturating_sub(reach)..end.min(text_end)
            }
        }
    }

    /// Whether a query sees what comes after it.
    pub(super) fn looks_ahead(self) -> bool {
        matches!(self, Mask::Bidirectional { .. })
    }
}
