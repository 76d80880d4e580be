//! The choice of an instruction set.

use std::fmt;

use crate::target;
use crate::token::Kernel;

/// An instruction set, chosen once per program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// x86-64 with AVX-512 (F, BW, DQ, VL, VNNI).
    Avx512,
    /// x86-64 with AVX-VNNI beside AVX2, FMA and F16C.
    AvxVnni,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// 64-bit ARM with NEON and its dot products.
    Neon,
    /// wasm with relaxed SIMD.
    WasmRelaxed,
    /// wasm with simd128.
    Wasm128,
    /// Plain Rust.
    Scalar,
}

impl Isa {
    /// Those that this machine runs, fastest first. Natively the last one is `Scalar`; a wasm module has one only.
    pub fn available() -> &'static [Isa] {
        target::available()
    }

    /// The fastest that this machine runs.
    pub fn best() -> Isa {
        *Self::available().first().expect("there is always one")
    }

    /// Name in lower case, such as `avx2`.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::AvxVnni => "avx_vnni",
            Isa::Avx2 => "avx2",
            Isa::Neon => "neon",
            Isa::WasmRelaxed => "wasm_relaxed",
            Isa::Wasm128 => "wasm128",
            Isa::Scalar => "scalar",
        }
    }

    /// Run `kernel` compiled for this instruction set. Panics if it is not one of [`Isa::available`].
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        target::run(self, kernel)
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What [`Isa::run`] says where it is asked for instructions that are not there.
#[cold]
pub(crate) fn not_available(isa: Isa) -> ! {
    panic!("{isa} is not available on this machine: take one of Isa::available()")
}
