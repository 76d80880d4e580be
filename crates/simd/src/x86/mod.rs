//! x86-64.

mod avx2;
mod avx512;
mod avx_vnni;

use crate::isa::{Isa, not_available};
use crate::scalar::Scalar;
use crate::token::Kernel;

pub use avx_vnni::AvxVnni;
pub use avx2::Avx2;
pub use avx512::Avx512;

/// See [`Isa::available`].
pub(crate) fn available() -> &'static [Isa] {
    match (Avx512::detect(), AvxVnni::detect(), Avx2::detect()) {
        (Some(_), Some(_), _) => &[Isa::Avx512, Isa::AvxVnni, Isa::Avx2, Isa::Scalar],
        (Some(_), None, _) => &[Isa::Avx512, Isa::Avx2, Isa::Scalar],
        (None, Some(_), _) => &[Isa::AvxVnni, Isa::Avx2, Isa::Scalar],
        (None, None, Some(_)) => &[Isa::Avx2, Isa::Scalar],
        (None, None, None) => &[Isa::Scalar],
    }
}

/// See [`Isa::run`].
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Avx512 => Avx512::detect()
            .unwrap_or_else(|| not_available(isa))
            .run(kernel),
        Isa::AvxVnni => AvxVnni::detect()
            .unwrap_or_else(|| not_available(isa))
            .run(kernel),
        Isa::Avx2 => Avx2::detect()
            .unwrap_or_else(|| not_available(isa))
            .run(kernel),
        Isa::Scalar => kernel.run(Scalar::new()),
        other => not_available(other),
    }
}

/// The vector at the start of a slice.
#[inline(always)]
fn chunk<T, const N: usize>(from: &[T]) -> &[T; N] {
    from.first_chunk().expect("the slice holds a vector")
}

/// The vector at the start of a slice, to write to.
#[inline(always)]
fn chunk_mut<T, const N: usize>(to: &mut [T]) -> &mut [T; N] {
    to.first_chunk_mut().expect("the slice holds a vector")
}
