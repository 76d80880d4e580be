//! Q5_0: as Q4_0, with a fifth bit: zero point 16, bit `i` of `qh` is that of element `i`.

use hearth_tensor::blocks::BlockQ5_0;

use super::Encode;
use super::search::{round_within, scale};
use super::super_block::{Half, inverse};

impl Encode for BlockQ5_0 {
    const ELEMS: usize = 32;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let x = x.first_chunk::<32>().expect("a block has 32 elements");
        let d = Half::nearest(scale(x, 16.0))?;
        let by = inverse(d.value);
        let codes = x.map(|x| (round_within(x * by, -16.0, 15.0) + 16.0) as u8);
        let (qs, qh) = pack_five_bits(&codes);
        Some(BlockQ5_0 { d: d.bytes, qh, qs })
    }
}

/// The low four bits of 32 codes, as `Q4_0` has them, and their fifth bits.
#[inline(always)]
pub(super) fn pack_five_bits(codes: &[u8; 32]) -> ([u8; 16], [u8; 4]) {
    let (mut qs, mut qh) = ([0; 16], 0u32);
    let (low, high) = codes.split_at(16);
    for ((byte, &low), &high) in qs.iter_mut().zip(low).zip(high) {
        *byte = low & 15 | high << 4;
    }
    for (i, &code) in codes.iter().enumerate() {
        qh |= u32::from(code >> 4) << i;
    }
    (qs, qh.to_le_bytes())
}
