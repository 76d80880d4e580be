//! TQ1_0: 256 elements that are -1, 0 or 1 times `d`, five to a byte.
//!
//! A byte is a fraction of 256 whose digits in base 3 are the codes: what leaves a byte at the upper end when it is
//! multiplied by 3 is the next digit. Digit `n` of byte `m` of 32 is element `32 * n + m`; then come 16 bytes of five
//! digits and 4 of four, in the same order.

use hearth_tensor::blocks::BlockTQ1_0;

use super::affine::{Affine, half};

/// Write `out.len() / bytes.len()` digits of each byte.
#[inline(always)]
fn digits(bytes: &[u8], out: &mut [i8]) {
    let mut power = 1u8;
    for out in out.chunks_exact_mut(bytes.len()) {
        for (out, byte) in out.iter_mut().zip(bytes) {
            let rest = byte.wrapping_mul(power);
            *out = ((u16::from(rest) * 3) >> 8) as i8 - 1;
        }
        power = power.wrapping_mul(3);
    }
}

impl Affine for BlockTQ1_0 {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let (first, rest) = out.split_at_mut(160);
        let (second, third) = rest.split_at_mut(80);
        digits(&self.qs[..32], first);
        digits(&self.qs[32..], second);
        digits(&self.qh, third);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
