//! Q4_0: 32 codes of 4 bits, zero point 8.

use hearth_tensor::blocks::BlockQ4_0;

use super::Encode;
use super::search::{round_within, scale};
use super::super_block::{Half, inverse};

impl Encode for BlockQ4_0 {
    const ELEMS: usize = 32;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let x = x.first_chunk::<32>().expect("a block has 32 elements");
        let d = Half::nearest(scale(x, 8.0))?;
        let by = inverse(d.value);
        let code = |x: f32| (round_within(x * by, -8.0, 7.0) + 8.0) as u8;
        let mut qs = [0; 16];
        let (low, high) = x.split_at(16);
        for ((byte, &low), &high) in qs.iter_mut().zip(low).zip(high) {
            *byte = code(low) | code(high) << 4;
        }
        Some(BlockQ4_0 { d: d.bytes, qs })
    }
}
