//! 32-bit wasm. What a module may use is settled when it is built: one opcode that the browser does not know makes it
//! refuse the whole module. So there is nothing to detect.

#[macro_use]
mod ops;
#[cfg(target_feature = "relaxed-simd")]
mod relaxed;
mod simd128;

use crate::isa::{Isa, not_available};
use crate::scalar::Scalar;
use crate::token::Kernel;

#[cfg(target_feature = "relaxed-simd")]
pub use relaxed::WasmRelaxed;
pub use simd128::Wasm128;

/// See [`Isa::available`].
#[cfg(target_feature = "relaxed-simd")]
pub(crate) fn available() -> &'static [Isa] {
    &[Isa::WasmRelaxed, Isa::Wasm128, Isa::Scalar]
}

/// See [`Isa::available`].
#[cfg(not(target_feature = "relaxed-simd"))]
pub(crate) fn available() -> &'static [Isa] {
    &[Isa::Wasm128, Isa::Scalar]
}

#[cfg(target_feature = "relaxed-simd")]
#[inline]
fn run_relaxed<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(WasmRelaxed::new())
}

#[cfg(not(target_feature = "relaxed-simd"))]
fn run_relaxed<K: Kernel>(_: K) -> K::Output {
    not_available(Isa::WasmRelaxed)
}

/// See [`Isa::run`].
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::WasmRelaxed => run_relaxed(kernel),
        Isa::Wasm128 => kernel.run(Wasm128::new()),
        Isa::Scalar => kernel.run(Scalar::new()),
        other => not_available(other),
    }
}
