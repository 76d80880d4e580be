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

    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, c: v128) -> v128 {
        f32x4_add(f32x4_mul(a, b), c)
    }
    #[inline(always)]
    fn look_up(self, table: v128, codes: v128) -> v128 {
        i8x16_swizzle(table, codes)
    }
    /// There is no product of bytes: both sides are widened, activations once and for all.
    #[inline(always)]
    fn store_quad(self, _: u32, quad: [i8; 4], to: &mut [u8]) {
        ops::store_words(quad, to);
    }
    /// Codes below 64 are the same signed and unsigned, so one way serves both.
    #[inline(always)]
    fn dot_codes(self, _: u32, sums: [v128; 2], codes: v128, quad: v128) -> [v128; 2] {
        ops::add_half_sums(sums, codes, quad)
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: [v128; 2]) -> v128 {
        ops::join_half_sums(sums)
    }
    /// The number as 32 bits.
    #[inline(always)]
    fn scales(self, pairs: v128, which: usize) -> v128 {
        let pairs = if which == 0 {
            i32x4_shl(pairs, 16)
        } else {
            pairs
        };
        i32x4_shr(pairs, 16)
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: v128, dot: [v128; 2], scales: v128) -> v128 {
        i32x4_add(sums, i32x4_mul(ops::join_half_sums(dot), scales))
    }
}
