//! Q8_0: 32 signed codes of 8 bits. No element is off by more than half of the scale.

use hearth_tensor::blocks::BlockQ8_0;

use super::Encode;
use super::search::{extreme, round_within};
use super::super_block::{Half, inverse};

impl Encode for BlockQ8_0 {
    const ELEMS: usize = 32;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let d = Half::not_below(extreme(x).abs() / 127.0)?;
        let by = inverse(d.value);
        let mut qs = [0; 32];
        for (code, x) in qs.iter_mut().zip(x) {
            *code = round_within(x * by, -127.0, 127.0) as i8 as u8;
        }
        Some(BlockQ8_0 { d: d.bytes, qs })
    }
}
