//! Types whose blocks are single numbers.

use bytemuck::{Pod, Zeroable};
use hearth_simd::f32_to_f16;

use super::Encode;

/// f32, copied.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct F32([u8; 4]);

impl Encode for F32 {
    const ELEMS: usize = 1;
    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        Some(F32(x[0].to_le_bytes()))
    }
}

/// IEEE half precision, to nearest even.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct F16([u8; 2]);

impl Encode for F16 {
    const ELEMS: usize = 1;
    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let half = f32_to_f16(x[0]);
        let is_finite = half & 0x7c00 != 0x7c00;
        is_finite.then_some(F16(half.to_le_bytes()))
    }
}

/// The upper half of an f32, to nearest even.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Bf16([u8; 2]);

impl Encode for Bf16 {
    const ELEMS: usize = 1;
    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let bits = x[0].to_bits();
        let odd = bits >> 16 & 1;
        let rounded = ((bits + 0x7fff + odd) >> 16) as u16;
        let is_finite = rounded & 0x7f80 != 0x7f80;
        is_finite.then_some(Bf16(rounded.to_le_bytes()))
    }
}
