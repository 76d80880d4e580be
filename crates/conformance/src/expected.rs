//! What is known not to work yet, each with its reason. A suite fails when one of these works: take it off the list then.

use crate::case::{Arithmetic, Case};

/// A failure that is expected.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The architecture; `None` for any.
    pub architecture: Option<&'static str>,
    /// The case's name; `None` for any.
    pub case: Option<&'static str>,
    /// The arithmetic; `None` for both.
    pub arithmetic: Option<Arithmetic>,
    /// The backend's name; `None` for any.
    pub backend: Option<&'static str>,
    /// Why.
    pub reason: &'static str,
}

/// Every failure that is expected.
pub const EXPECTED: &[Expected] = &[];

impl Expected {
    /// Everything, for no reason: entries say where they differ.
    pub const ANYTHING: Expected = Expected {
        architecture: None,
        case: None,
        arithmetic: None,
        backend: None,
        reason: "",
    };

    /// Whether a case on a backend is meant.
    pub fn is_about(&self, case: &Case, arithmetic: Arithmetic, backend: &str) -> bool {
        self.architecture.is_none_or(|a| a == case.architecture)
            && self.case.is_none_or(|name| name == case.name)
            && self.arithmetic.is_none_or(|a| a == arithmetic)
            && self.backend.is_none_or(|name| name == backend)
    }
}
