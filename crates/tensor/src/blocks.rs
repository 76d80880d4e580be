//! The byte layouts of GGML blocks, as structs that can be read from any byte slice.
//!
//! Every field is made of bytes, so the alignment is 1 and `bytemuck::cast_slice` from file bytes never fails on
//! alignment. Source: the `block_*` structs of ggml-common.h.

#![allow(non_camel_case_types, reason = "the field writes Q4_K, not Q4K")]

use bytemuck::{Pod, Zeroable};

use crate::DType;

/// A block layout: the bytes of [`Block::DTYPE`].
pub trait Block: Pod {
    /// The element type that this block stores.
    const DTYPE: DType;
}

/// 32 elements. `x = d * (q - 8)`; `qs[i]` holds element `i` in its low and `i + 16` in its high half.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ4_0 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// 4-bit codes.
    pub qs: [u8; 16],
}

/// 32 elements. `x = d * q + m`; nibbles as in `Q4_0`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ4_1 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Minimum, f16.
    pub m: [u8; 2],
    /// 4-bit codes.
    pub qs: [u8; 16],
}

/// 32 elements. `x = d * (q - 16)`; bit `i` of `qh` is the fifth bit of element `i`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ5_0 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Fifth bits, little-endian u32.
    pub qh: [u8; 4],
    /// Low four bits, as in `Q4_0`.
    pub qs: [u8; 16],
}

/// 32 elements. `x = d * q + m`; bits as in `Q5_0`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ5_1 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Minimum, f16.
    pub m: [u8; 2],
    /// Fifth bits, little-endian u32.
    pub qh: [u8; 4],
    /// Low four bits, as in `Q4_0`.
    pub qs: [u8; 16],
}

/// 32 elements. `x = d * q`, `q` signed.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ8_0 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Signed 8-bit codes.
    pub qs: [u8; 32],
}

/// 32 elements. `x = d * q`, and the sum of the block.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ8_1 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// `d * sum(q)`, f16.
    pub s: [u8; 2],
    /// Signed 8-bit codes.
    pub qs: [u8; 32],
}

/// 256 elements. 16 groups of 16: `x = d * sc * q - dmin * m`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ2_K {
    /// Low half `sc`, high half `m`, per group.
    pub scales: [u8; 16],
    /// 2-bit codes.
    pub qs: [u8; 64],
    /// Scale of scales, f16.
    pub d: [u8; 2],
    /// Scale of minima, f16.
    pub dmin: [u8; 2],
}

/// 256 elements. 16 groups of 16: `x = d * (sc - 32) * (q - 4)`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ3_K {
    /// Third bits.
    pub hmask: [u8; 32],
    /// Low two bits.
    pub qs: [u8; 64],
    /// 6-bit scales, packed.
    pub scales: [u8; 12],
    /// Scale of scales, f16.
    pub d: [u8; 2],
}

/// 256 elements. 8 groups of 32: `x = d * sc * q - dmin * m`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ4_K {
    /// Scale of scales, f16.
    pub d: [u8; 2],
    /// Scale of minima, f16.
    pub dmin: [u8; 2],
    /// 6-bit scales and minima, packed.
    pub scales: [u8; 12],
    /// 4-bit codes.
    pub qs: [u8; 128],
}

/// 256 elements. 8 groups of 32: `x = d * sc * q - dmin * m`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ5_K {
    /// Scale of scales, f16.
    pub d: [u8; 2],
    /// Scale of minima, f16.
    pub dmin: [u8; 2],
    /// 6-bit scales and minima, packed.
    pub scales: [u8; 12],
    /// Fifth bits.
    pub qh: [u8; 32],
    /// Low four bits.
    pub qs: [u8; 128],
}

/// 256 elements. 16 groups of 16: `x = d * sc * (q - 32)`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ6_K {
    /// Low four bits.
    pub ql: [u8; 128],
    /// Upper two bits.
    pub qh: [u8; 64],
    /// Signed 8-bit scales.
    pub scales: [u8; 16],
    /// Scale of scales, f16.
    pub d: [u8; 2],
}

/// 256 elements. `x = d * q`; an activation format of llama.cpp, not met in files.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ8_K {
    /// Scale, f32.
    pub d: [u8; 4],
    /// Signed 8-bit codes.
    pub qs: [u8; 256],
    /// Sums of 16 codes, i16.
    pub bsums: [u8; 32],
}

/// 256 elements. Codebook of 8-element vectors, 2.06 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ2_XXS {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices, signs and scales, as u16.
    pub qs: [u8; 64],
}

/// 256 elements. Codebook of 8-element vectors, 2.31 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ2_XS {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices and signs, as u16.
    pub qs: [u8; 64],
    /// 4-bit scales.
    pub scales: [u8; 8],
}

/// 256 elements. Codebook of 8-element vectors, 2.5 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ2_S {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices, then signs.
    pub qs: [u8; 64],
    /// Upper bits of the indices.
    pub qh: [u8; 8],
    /// 4-bit scales.
    pub scales: [u8; 8],
}

/// 256 elements. Codebook of 4-element vectors, 3.06 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ3_XXS {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices, then signs and scales.
    pub qs: [u8; 96],
}

/// 256 elements. Codebook of 4-element vectors, 3.44 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ3_S {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices.
    pub qs: [u8; 64],
    /// Upper bits of the indices.
    pub qh: [u8; 8],
    /// Sign bits.
    pub signs: [u8; 32],
    /// 4-bit scales.
    pub scales: [u8; 4],
}

/// 256 elements. Ternary codebook, 1.56 bits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ1_S {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Grid indices.
    pub qs: [u8; 32],
    /// Upper bits, scales and shifts, as u16.
    pub qh: [u8; 16],
}

/// 256 elements. Ternary codebook, 1.75 bits; the f16 scale lies in the top nibbles of `scales`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ1_M {
    /// Grid indices.
    pub qs: [u8; 32],
    /// Upper bits and shifts.
    pub qh: [u8; 16],
    /// 3-bit scales and the f16 scale.
    pub scales: [u8; 8],
}

/// 32 elements. `x = d * codebook[q]`; nibbles as in `Q4_0`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ4_NL {
    /// Scale, f16.
    pub d: [u8; 2],
    /// 4-bit codebook indices.
    pub qs: [u8; 16],
}

/// 256 elements. 8 groups of 32: `x = d * (sc - 32) * codebook[q]`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockIQ4_XS {
    /// Scale of scales, f16.
    pub d: [u8; 2],
    /// Upper two bits of the scales, u16.
    pub scales_h: [u8; 2],
    /// Lower four bits of the scales.
    pub scales_l: [u8; 4],
    /// 4-bit codebook indices.
    pub qs: [u8; 128],
}

/// 256 elements. Ternary, five codes a byte.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockTQ1_0 {
    /// Five codes a byte, base 3.
    pub qs: [u8; 48],
    /// Four codes a byte.
    pub qh: [u8; 4],
    /// Scale, f16.
    pub d: [u8; 2],
}

/// 256 elements. Ternary, four codes a byte.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockTQ2_0 {
    /// 2-bit codes.
    pub qs: [u8; 64],
    /// Scale, f16.
    pub d: [u8; 2],
}

/// 32 elements. OCP microscaling: `x = 2^(e - 128) * codebook[q]`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockMXFP4 {
    /// Exponent, E8M0.
    pub e: u8,
    /// E2M1 codes, nibbles as in `Q4_0`.
    pub qs: [u8; 16],
}

/// 64 elements. Four groups of 16 with UE4M3 scales.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockNVFP4 {
    /// Scales, UE4M3.
    pub d: [u8; 4],
    /// E2M1 codes.
    pub qs: [u8; 32],
}

/// 128 elements. One bit an element: `x = ±d`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ1_0 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// Sign bits.
    pub qs: [u8; 16],
}

/// 64 elements. Two bits an element.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct BlockQ2_0 {
    /// Scale, f16.
    pub d: [u8; 2],
    /// 2-bit codes.
    pub qs: [u8; 16],
}

macro_rules! layouts {
    ($($block:ident: $dtype:ident;)*) => {
        $(impl Block for $block {
            const DTYPE: DType = DType::$dtype;
        }
        const _: () = assert!(size_of::<$block>() == DType::$dtype.block_bytes());)*
    };
}

layouts! {
    BlockQ4_0: Q4_0;
    BlockQ4_1: Q4_1;
    BlockQ5_0: Q5_0;
    BlockQ5_1: Q5_1;
    BlockQ8_0: Q8_0;
    BlockQ8_1: Q8_1;
    BlockQ2_K: Q2_K;
    BlockQ3_K: Q3_K;
    BlockQ4_K: Q4_K;
    BlockQ5_K: Q5_K;
    BlockQ6_K: Q6_K;
    BlockQ8_K: Q8_K;
    BlockIQ2_XXS: IQ2_XXS;
    BlockIQ2_XS: IQ2_XS;
    BlockIQ2_S: IQ2_S;
    BlockIQ3_XXS: IQ3_XXS;
    BlockIQ3_S: IQ3_S;
    BlockIQ1_S: IQ1_S;
    BlockIQ1_M: IQ1_M;
    BlockIQ4_NL: IQ4_NL;
    BlockIQ4_XS: IQ4_XS;
    BlockTQ1_0: TQ1_0;
    BlockTQ2_0: TQ2_0;
    BlockMXFP4: MXFP4;
    BlockNVFP4: NVFP4;
    BlockQ1_0: Q1_0;
    BlockQ2_0: Q2_0;
}
