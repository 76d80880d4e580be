//! MXFP4: 32 codes of 4 bits, by codebook, with a power of two as scale.

use hearth_tensor::blocks::BlockMXFP4;

use super::affine::{Affine, nibbles};
use super::codebook::Codebook;

/// Half of `2^(e - 127)`, because the codebook holds doubled values. The code for NaN, 255, reads as `2^127`, as ggml
/// has it.
#[inline(always)]
fn half_e8m0(e: u8) -> f32 {
    // The two smallest are subnormal.
    let bits = match e {
        0 | 1 => 0x0020_0000 << e,
        e => (u32::from(e) - 1) << 23,
    };
    f32::from_bits(bits)
}

impl Affine for BlockMXFP4 {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;
    const CODEBOOK: Option<Codebook> = Some(Codebook::Fp4);

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half_e8m0(self.e)
    }
}
