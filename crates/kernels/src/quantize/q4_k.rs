//! Q4_K: 8 groups of 32 codes of 4 bits, with 6-bit scales and minima.

use hearth_tensor::blocks::BlockQ4_K;

use super::Encode;
use super::search::Steps;
use super::super_block::{ELEMS, WithMinima, pack_low_codes};

const STEPS: Steps = Steps {
    top: 15.0,
    first: -1.0,
    count: 21,
};

impl Encode for BlockQ4_K {
    const ELEMS: usize = ELEMS;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let block = WithMinima::new(x, STEPS)?;
        Some(BlockQ4_K {
            d: block.d.bytes,
            dmin: block.dmin.bytes,
            scales: block.scales,
            qs: pack_low_codes(&block.codes),
        })
    }
}
