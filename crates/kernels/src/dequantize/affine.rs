//! Blocks whose elements are `scale * (code - zero) + minimum`, with a scale and perhaps a minimum for each group.
//!
//! All types of blocks are, with codes of 8 bits where they have codebooks of vectors.

use bytemuck::cast_slice;
use hearth_simd::{Simd, f16_to_f32};
use hearth_tensor::DType;
use hearth_tensor::blocks::*;

use super::Decode;
use super::codebook::Codebook;

/// Elements of the largest block.
pub(crate) const MAX_BLOCK: usize = 256;

/// A block of groups with a scale each.
pub(crate) trait Affine: Block {
    /// Bits of a code. Codes of fewer than 8 bits are unsigned, those of 8 bits signed.
    const BITS: u32;
    /// Elements that share a scale: 16, or 32 where it is so many or more.
    const GROUP: usize;
    /// True if groups have a minimum; where they have none, the zero point is `2^(BITS - 1)`, or 0 for signed codes.
    const MINIMUM: bool;
    /// What the codes mean, where it is not themselves.
    const CODEBOOK: Option<Codebook> = None;
    /// True if scales and minima are products with [`nested`](Self::nested) integers of 8 bits.
    const NESTED: bool = false;
    /// What is subtracted from a code.
    const ZERO: i8 = if Self::MINIMUM || Self::BITS == 8 || Self::CODEBOOK.is_some() {
        0
    } else {
        1 << (Self::BITS - 1)
    };

    /// Write the block's codes in the order of its elements.
    fn codes(&self, out: &mut [i8]);
    /// The scale of a group.
    fn scale(&self, group: usize) -> f32;
    /// What the scales and minima of all groups are multiples of, as half-precision bits.
    fn units(&self) -> [u16; 2] {
        unreachable!("only nested types are asked for their parts")
    }
    /// How many units the scale and the minimum of a group are; 0 for a minimum where there is none.
    fn nested(&self, group: usize) -> [i8; 2] {
        let _ = group;
        unreachable!("only nested types are asked for their parts")
    }
    /// What is added to the elements of a group.
    fn minimum(&self, group: usize) -> f32 {
        let _ = group;
        0.0
    }
}

impl<B: Affine> Decode for B {
    #[inline(always)]
    fn decode<S: Simd>(_: S, bytes: &[u8], out: &mut [f32]) {
        let elems = B::DTYPE.block_elems();
        let mut codes = [0; MAX_BLOCK];
        for (i, block) in cast_slice::<u8, B>(bytes).iter().enumerate() {
            let out = &mut out[i * elems..][..elems];
            block.codes(&mut codes[..elems]);
            // Indices, because zipped iterators are not inlined as deep as this.
            for group in 0..elems / B::GROUP {
                let (scale, minimum) = (block.scale(group), block.minimum(group));
                for i in group * B::GROUP..(group + 1) * B::GROUP {
                    let value = match B::CODEBOOK {
                        Some(codebook) => codebook.value(codes[i]),
                        None => codes[i] - B::ZERO,
                    };
                    let scaled = scale * f32::from(value);
                    // Adding 0 would turn -0 into +0.
                    out[i] = if B::MINIMUM { scaled + minimum } else { scaled };
                }
            }
        }
    }
}

/// A computation for one affine block type.
pub(crate) trait AffineVisitor {
    /// What it gives back.
    type Output;
    /// The computation.
    fn visit<B: Affine>(self) -> Self::Output;
}

/// Run `visitor` for the block type of `dtype`; `None` if it has none that is affine.
pub(crate) fn visit_affine<V: AffineVisitor>(dtype: DType, visitor: V) -> Option<V::Output> {
    Some(match dtype {
        DType::Q4_0 => visitor.visit::<BlockQ4_0>(),
        DType::Q4_1 => visitor.visit::<BlockQ4_1>(),
        DType::Q5_0 => visitor.visit::<BlockQ5_0>(),
        DType::Q5_1 => visitor.visit::<BlockQ5_1>(),
        DType::Q8_0 => visitor.visit::<BlockQ8_0>(),
        DType::Q2_K => visitor.visit::<BlockQ2_K>(),
        DType::Q3_K => visitor.visit::<BlockQ3_K>(),
        DType::Q4_K => visitor.visit::<BlockQ4_K>(),
        DType::Q5_K => visitor.visit::<BlockQ5_K>(),
        DType::Q6_K => visitor.visit::<BlockQ6_K>(),
        DType::Q1_0 => visitor.visit::<BlockQ1_0>(),
        DType::Q2_0 => visitor.visit::<BlockQ2_0>(),
        DType::IQ1_S => visitor.visit::<BlockIQ1_S>(),
        DType::IQ1_M => visitor.visit::<BlockIQ1_M>(),
        DType::IQ2_XXS => visitor.visit::<BlockIQ2_XXS>(),
        DType::IQ2_XS => visitor.visit::<BlockIQ2_XS>(),
        DType::IQ2_S => visitor.visit::<BlockIQ2_S>(),
        DType::IQ3_XXS => visitor.visit::<BlockIQ3_XXS>(),
        DType::IQ3_S => visitor.visit::<BlockIQ3_S>(),
        DType::IQ4_NL => visitor.visit::<BlockIQ4_NL>(),
        DType::IQ4_XS => visitor.visit::<BlockIQ4_XS>(),
        DType::TQ1_0 => visitor.visit::<BlockTQ1_0>(),
        DType::TQ2_0 => visitor.visit::<BlockTQ2_0>(),
        DType::MXFP4 => visitor.visit::<BlockMXFP4>(),
        DType::NVFP4 => visitor.visit::<BlockNVFP4>(),
        _ => return None,
    })
}

/// A half-precision field.
#[inline(always)]
pub(super) fn half(bytes: [u8; 2]) -> f32 {
    f16_to_f32(u16::from_le_bytes(bytes))
}

/// [`Affine::units`] of K-quants with minima, which they subtract.
#[inline(always)]
pub(super) fn units(d: [u8; 2], dmin: [u8; 2]) -> [u16; 2] {
    [u16::from_le_bytes(d), u16::from_le_bytes(dmin) ^ 0x8000]
}

/// Bits `shift..shift + bits` of every byte. Eight bytes at a time: compilers make no vectors of byte loops as deep in
/// other functions as these stand.
#[inline(always)]
pub(super) fn bits_of_bytes(bytes: &[u8], shift: u32, bits: u32, out: &mut [i8]) {
    let (words, _) = bytes.as_chunks::<8>();
    let (out, _) = out.as_chunks_mut::<8>();
    for (out, word) in out.iter_mut().zip(words) {
        let codes = u64::from_le_bytes(*word) >> shift & every_byte(bits);
        *out = codes.to_le_bytes().map(|code| code as i8);
    }
}

/// Put bits `shift..shift + bits` of every byte over the bits of the codes, of which there are `low`.
#[inline(always)]
pub(super) fn add_high_bits(bytes: &[u8], shift: u32, bits: u32, low: u32, out: &mut [i8]) {
    let (words, _) = bytes.as_chunks::<8>();
    let (out, _) = out.as_chunks_mut::<8>();
    for (out, word) in out.iter_mut().zip(words) {
        let high = (u64::from_le_bytes(*word) >> shift & every_byte(bits)) << low;
        let codes = u64::from_le_bytes(out.map(|code| code as u8)) | high;
        *out = codes.to_le_bytes().map(|code| code as i8);
    }
}

/// The low `bits` of every byte of a word.
const fn every_byte(bits: u32) -> u64 {
    0x0101_0101_0101_0101 * ((1 << bits) - 1)
}

/// 4-bit codes: the low halves of all bytes, then the high ones. Bytes come in eights.
#[inline(always)]
pub(super) fn nibbles(bytes: &[u8], out: &mut [i8]) {
    let (low, high) = out.split_at_mut(bytes.len());
    bits_of_bytes(bytes, 0, 4, low);
    bits_of_bytes(bytes, 4, 4, high);
}

/// Add a fifth bit to 32 4-bit codes: bit `i` of `bits` belongs to code `i`.
#[inline(always)]
pub(super) fn add_fifth_bits(bits: [u8; 4], out: &mut [i8]) {
    for (out, bits) in out.chunks_exact_mut(8).zip(bits) {
        // In byte `i` bit `i` alone; adding 127 then sets the upper bit of the bytes that are not 0.
        let spread = (u64::from(bits) * every_byte(1)) & 0x8040_2010_0804_0201;
        let bits = (spread + every_byte(7)) >> 7 & every_byte(1);
        add_high_bits(&bits.to_le_bytes(), 0, 1, 4, out);
    }
}
