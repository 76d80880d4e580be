//! Q5_K: as Q4_K, with a fifth bit: bit `j` of byte `l` of `qh` is that of element `l` of group `j`.

use hearth_tensor::blocks::BlockQ5_K;

use super::affine::{Affine, add_high_bits, half, units};
use super::q4_k::{low_codes, minimum_code, nested, scale_code};

impl Affine for BlockQ5_K {
    const BITS: u32 = 5;
    const GROUP: usize = 32;
    const MINIMUM: bool = true;
    const NESTED: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        low_codes(&self.qs, out);
        for (j, out) in out.chunks_exact_mut(32).enumerate() {
            add_high_bits(&self.qh, j as u32, 1, 4, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * f32::from(scale_code(&self.scales, group))
    }
    #[inline(always)]
    fn minimum(&self, group: usize) -> f32 {
        -(half(self.dmin) * f32::from(minimum_code(&self.scales, group)))
    }
    #[inline(always)]
    fn units(&self) -> [u16; 2] {
        units(self.d, self.dmin)
    }
    #[inline(always)]
    fn nested(&self, group: usize) -> [i8; 2] {
        nested(&self.scales, group)
    }
}
