//! 32-bit wasm. What a module may use is settled when it is built: one opcode that the browser does not know makes it
//! refuse the whole module. So there is nothing to detect.

#[macro_use]
mod ops;
#[cfg(target_feature = "relaxed-simd")]
mod relaxed;
mod simd128;

use crate::isa::{Isa, not_available};
use crate::token::{Kernel, Simd};

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
        Isa::WasmRelaxed => on_its_own(WasmRelaxed::new(), kernel),
        other => not_available(other),
    }
}

/// See [`Isa::run`].
#[cfg(not(target_feature = "relaxed-simd"))]
#[inline]
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        Isa::Wasm128 => on_its_own(Wasm128::new(), kernel),
        other => not_available(other),
    }
}

/// Run a kernel as a function of its own: browsers compile large functions badly, with sums in memory.
#[inline(never)]
fn on_its_own<S: Simd, K: Kernel>(simd: S, kernel: K) -> K::Output {
    kernel.run(simd)
}
