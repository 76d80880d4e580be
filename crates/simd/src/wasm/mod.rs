//! 32-bit wasm. What a module may use is settled when it is built: one opcode that the browser does not know makes it
//! refuse the whole module. So there is nothing to detect.

#[macro_use]
mod ops;
#[cfg(target_feature = "relaxed-simd")]
mod relaxed;
mod simd128;

use crate::isa::{Isa, not_available};
use crate::token::Kernel;

#[cfg(target_feature = "relaxed-simd")]
pub use relaxed::WasmRelaxed;
pub use simd128::Wasm128;

/// See [`Isa::available`]. Only the best: another one would double a module, which people download.
#[cfg(target_feature = "relaxed-simd")]
pub(crate) fn available() -> &'static [Isa] {
    &[Isa::WasmRelaxed]
}

/// See [`Isa::available`].
#[cfg(not(target_feature = "relaxed-simd"))]
pub(crate) fn available() -> &'static [Isa] {
    &[Isa::Wasm128]
}

/// See [`Isa::run`].
#[cfg(target_feature = "relaxed-simd")]
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::WasmRelaxed => kernel.run(WasmRelaxed::new()),
        other => not_available(other),
    }
}

/// See [`Isa::run`].
#[cfg(not(target_feature = "relaxed-simd"))]
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Wasm128 => kernel.run(Wasm128::new()),
        other => not_available(other),
    }
}
