//! Targets without vector instructions that we know.

use crate::isa::{Isa, not_available};
use crate::scalar::Scalar;
use crate::token::Kernel;

/// See [`Isa::available`].
pub(crate) fn available() -> &'static [Isa] {
    &[Isa::Scalar]
}

/// See [`Isa::run`].
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Scalar => kernel.run(Scalar::new()),
        other => not_available(other),
    }
}
