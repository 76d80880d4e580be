//! 64-bit ARM, little-endian.

mod neon;

use crate::isa::{Isa, not_available};
use crate::scalar::Scalar;
use crate::token::Kernel;

pub use neon::Neon;

/// See [`Isa::available`].
pub(crate) fn available() -> &'static [Isa] {
    match Neon::detect() {
        Some(_) => &[Isa::Neon, Isa::Scalar],
        None => &[Isa::Scalar],
    }
}

/// See [`Isa::run`].
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Neon => Neon::detect()
            .unwrap_or_else(|| not_available(isa))
            .run(kernel),
        Isa::Scalar => kernel.run(Scalar::new()),
        other => not_available(other),
    }
}
