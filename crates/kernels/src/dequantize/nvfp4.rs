//! NVFP4: 4 groups of 16 codes of 4 bits, by codebook, with 8-bit floats as scales. The codes of a group are the low
//! halves of 8 bytes, then the high ones.

use hearth_simd::f16_to_f32;
use hearth_tensor::blocks::BlockNVFP4;

use super::affine::{Affine, nibbles};
use super::codebook::Codebook;

/// Half of an unsigned E4M3 number, because the codebook holds doubled values. The sign bit is ignored, and the code for
/// NaN reads as 0, as ggml has it.
#[inline(always)]
fn half_ue4m3(x: u8) -> f32 {
    // At the upper end of a half's exponent and mantissa the number is 2^-8 times its value, subnormals included.
    let number = u16::from(x & 0x7f) << 7;
    if x == 0x7f {
        0.0
    } else {
        f16_to_f32(number) * 128.0
    }
}

impl Affine for BlockNVFP4 {
    const BITS: u32 = 4;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;
    const CODEBOOK: Option<Codebook> = Some(Codebook::Fp4);

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (bytes, out) in self.qs.chunks_exact(8).zip(out.chunks_exact_mut(16)) {
            nibbles(bytes, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half_ue4m3(self.d[group])
    }
}
