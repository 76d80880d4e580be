//! wasm with simd128: four lanes.
//!
//! There is no product of bytes, so codes are extended to 16 bits; `i32x4.dot_i16x8_s` then gives two half sums for
//! each row, which are joined once, at the end.

use core::arch::wasm32::*;

use super::ops;
use crate::token::Simd;

/// wasm with simd128, four lanes.
#[derive(Clone, Copy, Debug)]
pub struct Wasm128(());

impl Wasm128 {
    /// The token: a module built with simd128 runs only where it exists.
    #[allow(
        clippy::new_without_default,
        reason = "the tokens of other instruction sets have no default"
    )]
    pub fn new() -> Self {
        Wasm128(())
    }
}

impl Simd for Wasm128 {
    shared_ops!();
    type Dot = [v128; 2];

    #[inline(always)]
    fn look_up(self, table: v128, codes: v128) -> v128 {
        i8x16_swizzle(table, codes)
    }
    #[inline(always)]
    fn dot_from(self, start: i32) -> [v128; 2] {
        ops::half_sums_from(start)
    }
    /// Codes below 64 are the same signed and unsigned, so one way serves both.
    #[inline(always)]
    fn dot_codes<const BITS: u32>(
        self,
        sums: [v128; 2],
        codes: [v128; 4],
        activations: [v128; 4],
    ) -> [v128; 2] {
        const { assert!(BITS <= 6 || BITS == 8) };
        ops::add_i8(sums, codes, activations)
    }
    #[inline(always)]
    fn dot_sum(self, sums: [v128; 2]) -> v128 {
        ops::join_half_sums(sums)
    }
}
