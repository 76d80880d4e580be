//! wasm with relaxed SIMD: four lanes, one instruction for products of bytes.
//!
//! It asks for one operand in `0..=127`; outside of it results differ by machine. Codes of at most 6 bits keep to it.
//! Products are summed in 16 bits first, since most processors have no instruction that adds them to 32.
//!
//! `f32x4.relaxed_madd` is fused where the processor does so: results differ by machine in the last bits, as they do natively.

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

    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, c: v128) -> v128 {
        f32x4_relaxed_madd(a, b, c)
    }
    /// The relaxed instruction differs by machine only for codes of 16 and more.
    #[inline(always)]
    fn look_up(self, table: v128, codes: v128) -> v128 {
        i8x16_relaxed_swizzle(table, codes)
    }
    #[inline(always)]
    fn block(bits: u32) -> [usize; 2] {
        match bits {
            0..=6 => [4, 2],
            _ => [4, 1],
        }
    }
    /// Signed codes have no fast product of bytes: they are widened, and so are their activations.
    #[inline(always)]
    fn store_quad(self, bits: u32, quad: [i8; 4], to: &mut [u8]) {
        if bits == 8 {
            ops::store_words(quad, to);
        } else {
            // Four activations, four times.
            let quad = u32::from_le_bytes(quad.map(|x| x as u8));
            ops::store_bytes(u32x4_splat(quad), to);
        }
    }
    /// Of unsigned codes there are sums of 16 bits. As much as fits is added up there: of 4-bit codes all
    /// eight vectors (`16 * 15 * 127 = 30480`), of 5-bit ones four (`8 * 31 * 127 = 31496`), of 6-bit ones two.
    #[inline(always)]
    fn room(bits: u32) -> usize {
        match bits {
            5 => 4,
            6 => 2,
            _ => 8,
        }
    }
    #[inline(always)]
    fn dot_codes(self, bits: u32, sums: [v128; 2], codes: v128, quad: v128) -> [v128; 2] {
        if bits == 8 {
            return ops::add_half_sums(sums, codes, quad);
        }
        let [few, other] = sums;
        [
            i16x8_add(few, i16x8_relaxed_dot_i8x16_i7x16(quad, codes)),
            other,
        ]
    }
    #[inline(always)]
    fn dot_sum(self, bits: u32, sums: [v128; 2]) -> v128 {
        if bits == 8 {
            ops::join_half_sums(sums)
        } else {
            i32x4_extadd_pairwise_i16x8(sums[0])
        }
    }
    /// The number twice, to meet the two sums of 16 bits that a lane has.
    #[inline(always)]
    fn scales(self, pairs: v128, which: usize) -> v128 {
        if which == 0 {
            i16x8_shuffle::<0, 0, 2, 2, 4, 4, 6, 6>(pairs, pairs)
        } else {
            i16x8_shuffle::<1, 1, 3, 3, 5, 5, 7, 7>(pairs, pairs)
        }
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: v128, dot: [v128; 2], scales: v128) -> v128 {
        i32x4_add(sums, i32x4_dot_i16x8(dot[0], scales))
    }
}
