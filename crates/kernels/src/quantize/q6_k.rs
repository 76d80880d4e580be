//! Q6_K: 16 groups of 16 codes of 6 bits, zero point 32, with signed 8-bit scales. `dequantize::q6_k` says where the bits
//! of a code lie.

use hearth_tensor::blocks::BlockQ6_K;

use super::Encode;
use super::search::{self, extreme, round_within};
use super::super_block::{ELEMS, Half, inverse};

impl Encode for BlockQ6_K {
    const ELEMS: usize = ELEMS;

    #[inline(always)]
    fn encode(x: &[f32]) -> Option<Self> {
        let (groups, _) = x.as_chunks::<16>();
        let mut group_scales = [0.0; 16];
        for (scale, group) in group_scales.iter_mut().zip(groups) {
            *scale = search::scale(group, 32.0);
        }
        let d = Half::not_below(extreme(&group_scales).abs() / 127.0)?;
        let by = inverse(d.value);
        let (mut scales, mut codes) = ([0; 16], [0; ELEMS]);
        for (i, (group, codes)) in groups.iter().zip(codes.chunks_exact_mut(16)).enumerate() {
            let scale = round_within(group_scales[i] * by, -127.0, 127.0);
            scales[i] = scale as i8 as u8;
            let by = inverse(d.value * scale);
            for (code, x) in codes.iter_mut().zip(group) {
                *code = (round_within(x * by, -32.0, 31.0) + 32.0) as u8;
            }
        }
        let (ql, qh) = pack_codes(&codes);
        Some(BlockQ6_K {
            ql,
            qh,
            scales,
            d: d.bytes,
        })
    }
}

#[inline(always)]
fn pack_codes(codes: &[u8; ELEMS]) -> ([u8; 128], [u8; 64]) {
    let (mut ql, mut qh) = ([0; 128], [0; 64]);
    let halves = ql.chunks_exact_mut(64).zip(qh.chunks_exact_mut(32));
    for ((ql, qh), codes) in halves.zip(codes.chunks_exact(128)) {
        for (j, codes) in codes.chunks_exact(32).enumerate() {
            let ql = &mut ql[j % 2 * 32..][..32];
            for ((low, high), code) in ql.iter_mut().zip(qh.iter_mut()).zip(codes) {
                *low |= (code & 15) << (j / 2 * 4);
                *high |= code >> 4 << (2 * j);
            }
        }
    }
    (ql, qh)
}
