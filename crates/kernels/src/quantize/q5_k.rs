//! Q5_K: as Q4_K, with a fifth bit: bit `j` of byte `l` of `qh` is that of element `l` of group `j`.

use hearth_tensor::blocks::BlockQ5_K;

use super::Encode;
use super::search::Steps;
use super::super_block::{ELEMS, WithMinima, pack_low_codes};

const STEPS: Steps = Steps {
    top: 31.0,
    first: -0.5,
    count: 16,
};

impl Encode for BlockQ5_K {
    const ELEMS: usize = ELEMS;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let block = WithMinima::new(x, STEPS)?;
        let mut qh = [0; 32];
        for (j, codes) in block.codes.chunks_exact(32).enumerate() {
            for (byte, code) in qh.iter_mut().zip(codes) {
                *byte |= code >> 4 << j;
            }
        }
        Some(BlockQ5_K {
            d: block.d.bytes,
            dmin: block.dmin.bytes,
            scales: block.scales,
            qh,
            qs: pack_low_codes(&block.codes),
        })
    }
}
