//! Vector tokens: the only intrinsics of Hearth.
//!
//! A kernel is written once, generic over [`Simd`], as a [`Kernel`]; [`Isa::run`] compiles it for every instruction
//! set of the target and calls the one asked for. A token can only be had where its instructions exist, so kernels
//! themselves need no `unsafe`.
//!
//! | token | where | f32 lanes |
//! |---|---|---|
//! | `Avx512` | x86-64 with AVX-512 (F, BW, DQ, VL, VNNI) | 16 |
//! | `AvxVnni` | x86-64 with AVX-VNNI beside AVX2, FMA and F16C | 8 |
//! | `Avx2` | x86-64 with AVX2, FMA and F16C | 8 |
//! | `Neon` | 64-bit ARM with NEON and its dot products | 4 |
//! | `WasmRelaxed` | 32-bit wasm built with relaxed SIMD | 4 |
//! | `Wasm128` | 32-bit wasm built with simd128 | 4 |
//! | `Scalar` | everywhere | 4 |
//!
//! Another instruction set is another file beside `x86/avx2.rs`, a line in [`Isa`], and one in its target's `mod.rs`.

mod exp;
mod f16;
mod isa;
mod scalar;
mod token;

#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
use x86 as target;

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use aarch64 as target;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm as target;

#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
mod portable;
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
use portable as target;

#[cfg(test)]
mod tests;

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub use aarch64::Neon;
pub use f16::{from_f32 as f32_to_f16, to_f32 as f16_to_f32};
pub use isa::Isa;
pub use scalar::Scalar;
pub use token::{Kernel, Simd};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::Wasm128;
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "simd128",
    target_feature = "relaxed-simd"
))]
pub use wasm::WasmRelaxed;
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512, AvxVnni};
