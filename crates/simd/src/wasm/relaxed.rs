//! wasm with relaxed SIMD: four lanes, one instruction for four products of bytes.
//!
//! That instruction asks for codes in `0..=127`; outside of it results differ by machine. Codes of at most 6 bits keep
//! to it; signed codes take the plain way. `f32x4.relaxed_madd` is not used: it made mat-vec slower elsewhere.

use core::arch::wasm32::*;

use super::ops;
use crate::token::Simd;

/// wasm with relaxed SIMD, four lanes.
#[derive(Clone, Copy, Debug)]
pub struct WasmRelaxed(());

impl WasmRelaxed {
    /// The token: a module built with relaxed SIMD runs only where it exists.
    #[allow(
        clippy::new_without_default,
        reason = "the tokens of other instruction sets have no default"
    )]
    pub fn new() -> Self {
        WasmRelaxed(())
    }
}

impl Simd for WasmRelaxed {
    shared_ops!();
    type Dot = v128;

    /// The relaxed instruction differs by machine only for codes of 16 and more.
    #[inline(always)]
    fn look_up(self, table: v128, codes: v128) -> v128 {
        i8x16_relaxed_swizzle(table, codes)
    }
    #[inline(always)]
    fn dot_from(self, start: i32) -> v128 {
        i32x4_splat(start)
    }
    #[inline(always)]
    fn dot_codes<const BITS: u32>(
        self,
        sums: v128,
        codes: [v128; 4],
        activations: [v128; 4],
    ) -> v128 {
        const { assert!(BITS <= 6 || BITS == 8) };
        if BITS == 8 {
            let halves = ops::add_i8(ops::half_sums_from(0), codes, activations);
            return i32x4_add(sums, ops::join_half_sums(halves));
        }
        let mut sums = sums;
        for (codes, activations) in codes.into_iter().zip(activations) {
            sums = i32x4_relaxed_dot_i8x16_i7x16_add(activations, codes, sums);
        }
        sums
    }
    #[inline(always)]
    fn dot_sum(self, sums: v128) -> v128 {
        sums
    }
}
