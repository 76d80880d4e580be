//! How far a kernel may stray from its reference. What an operation's kernels may stands in its `reference.rs`; tests and
//! [`crate::self_test`] ask for no less.

/// How far a result may stray from the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    /// Absolute term.
    pub(crate) abs: f64,
    /// Term relative to the reference value.
    pub(crate) rel: f64,
}

impl Tolerance {
    /// What a result may be off where the reference gives `want`.
    pub(crate) fn at(self, want: f64) -> f64 {
        self.abs + self.rel * want.abs()
    }
}

/// Different summation order, same f32 arithmetic, for sums that do not cancel.
pub(crate) const REORDERED_F32: Tolerance = Tolerance {
    abs: 1e-7,
    rel: 2e-6,
};
