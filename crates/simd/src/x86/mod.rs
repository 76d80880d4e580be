//! x86-64.

mod avx2;

use crate::isa::{Isa, not_available};
use crate::scalar::Scalar;
use crate::token::Kernel;

pub use avx2::Avx2;

/// See [`Isa::available`].
pub(crate) fn available() -> &'static [Isa] {
    match Avx2::detect() {
        Some(_) => &[Isa::Avx2, Isa::Scalar],
        None => &[Isa::Scalar],
    }
}

/// See [`Isa::run`].
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Avx2 => Avx2::detect()
            .unwrap_or_else(|| not_available(isa))
            .run(kernel),
        Isa::Scalar => kernel.run(Scalar::new()),
        other => not_available(other),
    }
}
