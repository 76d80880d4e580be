//! Q5_1: codes of 5 bits above a minimum.

use hearth_tensor::blocks::BlockQ5_1;

use super::Encode;
use super::q5_0::pack_five_bits;
use super::search::{Steps, round_within, scale_and_minimum};
use super::super_block::{Half, inverse};

const STEPS: Steps = Steps {
    top: 31.0,
    first: -0.5,
    count: 16,
};

impl Encode for BlockQ5_1 {
    const ELEMS: usize = 32;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let x = x.first_chunk::<32>().expect("a block has 32 elements");
        let (scale, below) = scale_and_minimum(x, STEPS);
        // The best fit may lie a little below all elements, where half precision may have ended.
        let lowest = x.iter().copied().fold(0.0, f32::min);
        let (d, m) = (Half::nearest(scale)?, Half::nearest(lowest.max(-below))?);
        let by = inverse(d.value);
        let codes = x.map(|x| round_within((x - m.value) * by, 0.0, STEPS.top) as u8);
        let (qs, qh) = pack_five_bits(&codes);
        Some(BlockQ5_1 {
            d: d.bytes,
            m: m.bytes,
            qh,
            qs,
        })
    }
}
