//! wasm with relaxed SIMD: four lanes, one instruction for products of bytes.
//!
//! It asks for one operand in `0..=127`; outside of it results differ by machine. Codes of at most 6 bits keep to it.
//! Where codes are signed, activations are split by their sign instead. `f32x4.relaxed_madd` is not used: it made mat-vec
//! slower elsewhere.

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

/// Sums of four products each, of the first and of the last two vectors, as 16 bits: at most `4 * 63 * 127 = 32004`, and for
/// 5-bit codes both together `8 * 31 * 127 = 31496`. Fewer instructions than sums of 32 bits, which most processors
/// have no instruction for.
#[inline(always)]
fn pairs([c0, c1, c2, c3]: [v128; 4], [a0, a1, a2, a3]: [v128; 4]) -> [v128; 2] {
    let dot = i16x8_relaxed_dot_i8x16_i7x16;
    [
        i16x8_add(dot(a0, c0), dot(a1, c1)),
        i16x8_add(dot(a2, c2), dot(a3, c3)),
    ]
}

/// Of signed codes' activations, what is above 0 and what is below are multiplied apart, both within `0..=127`:
/// `code * x = code * max(x, 0) - code * (max(x, 0) - x)`. Codes are the signed operand, so -128 is exact as well.
#[inline(always)]
fn signed(mut sums: v128, codes: [v128; 4], activations: [v128; 4]) -> v128 {
    let mut negative = i32x4_splat(0);
    for (codes, activations) in codes.into_iter().zip(activations) {
        let above = i8x16_max(activations, i8x16_splat(0));
        let below = i8x16_sub(above, activations);
        sums = i32x4_relaxed_dot_i8x16_i7x16_add(codes, above, sums);
        negative = i32x4_relaxed_dot_i8x16_i7x16_add(codes, below, negative);
    }
    i32x4_sub(sums, negative)
}

impl Simd for WasmRelaxed {
    shared_ops!();
    type Dot = v128;
    const TOKENS: usize = 6;

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
            return signed(sums, codes, activations);
        }
        let [low, high] = pairs(codes, activations);
        let widen = i32x4_extadd_pairwise_i16x8;
        if BITS <= 5 {
            i32x4_add(sums, widen(i16x8_add(low, high)))
        } else {
            i32x4_add(sums, i32x4_add(widen(low), widen(high)))
        }
    }
    #[inline(always)]
    fn dot_sum(self, sums: v128) -> v128 {
        sums
    }
}
