//! Each type element by element: where the bits of element `i` lie, and what they mean. Never used in production.

use hearth_tensor::DType;
use hearth_tensor::blocks::*;

use super::codebook::Codebook;
use super::grids;

/// The elements of whole blocks; `None` for types that are not supported.
pub fn dequantize(dtype: DType, bytes: &[u8]) -> Option<Vec<f32>> {
    let element: fn(&[u8], usize) -> f32 = match dtype {
        DType::F32 => |b, _| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        DType::F16 => |b, _| half([b[0], b[1]]),
        DType::BF16 => |b, _| half::bf16::from_le_bytes([b[0], b[1]]).to_f32(),
        DType::Q4_0 => |b, i| with::<BlockQ4_0>(b, |b| half(b.d) * (nibble(&b.qs, i) - 8.0)),
        DType::Q4_1 => |b, i| with::<BlockQ4_1>(b, |b| half(b.d) * nibble(&b.qs, i) + half(b.m)),
        DType::Q5_0 => |b, i| {
            with::<BlockQ5_0>(b, |b| {
                half(b.d) * (nibble(&b.qs, i) + 16.0 * bit(&b.qh, i) - 16.0)
            })
        },
        DType::Q5_1 => |b, i| {
            with::<BlockQ5_1>(b, |b| {
                half(b.d) * (nibble(&b.qs, i) + 16.0 * bit(&b.qh, i)) + half(b.m)
            })
        },
        DType::Q8_0 => |b, i| with::<BlockQ8_0>(b, |b| half(b.d) * f32::from(b.qs[i] as i8)),
        DType::Q2_K => |b, i| with::<BlockQ2_K>(b, |b| q2_k(b, i)),
        DType::Q3_K => |b, i| with::<BlockQ3_K>(b, |b| q3_k(b, i)),
        DType::Q4_K => |b, i| {
            with::<BlockQ4_K>(b, |b| {
                let q = bits(b.qs[i / 64 * 32 + i % 32], i / 32 % 2 * 4, 4);
                let (sc, m) = scale_and_minimum(&b.scales, i / 32);
                half(b.d) * sc * q - half(b.dmin) * m
            })
        },
        DType::Q5_K => |b, i| {
            with::<BlockQ5_K>(b, |b| {
                let q = bits(b.qs[i / 64 * 32 + i % 32], i / 32 % 2 * 4, 4);
                let q = q + 16.0 * bits(b.qh[i % 32], i / 32, 1);
                let (sc, m) = scale_and_minimum(&b.scales, i / 32);
                half(b.d) * sc * q - half(b.dmin) * m
            })
        },
        DType::Q6_K => |b, i| with::<BlockQ6_K>(b, |b| q6_k(b, i)),
        other => by_codebook(other)?,
    };
    let blocks = bytes.chunks_exact(dtype.block_bytes());
    let elements = |block| (0..dtype.block_elems()).map(move |i| element(block, i));
    Some(blocks.flat_map(elements).collect())
}

/// The types of codebooks, and the ternary ones.
fn by_codebook(dtype: DType) -> Option<fn(&[u8], usize) -> f32> {
    Some(match dtype {
        DType::Q1_0 => |b, i| with::<BlockQ1_0>(b, |b| half(b.d) * (2.0 * bit(&b.qs, i) - 1.0)),
        DType::Q2_0 => {
            |b, i| with::<BlockQ2_0>(b, |b| half(b.d) * (bits(b.qs[i / 4], i % 4 * 2, 2) - 1.0))
        }
        DType::TQ1_0 => |b, i| with::<BlockTQ1_0>(b, |b| half(b.d) * ternary(b, i)),
        DType::TQ2_0 => |b, i| {
            with::<BlockTQ2_0>(b, |b| {
                half(b.d) * (bits(b.qs[i / 128 * 32 + i % 32], i / 32 % 4 * 2, 2) - 1.0)
            })
        },
        DType::IQ4_NL => {
            |b, i| with::<BlockIQ4_NL>(b, |b| half(b.d) * value(Codebook::Iq4, nibble(&b.qs, i)))
        }
        DType::IQ4_XS => |b, i| with::<BlockIQ4_XS>(b, |b| iq4_xs(b, i)),
        DType::MXFP4 => |b, i| {
            with::<BlockMXFP4>(b, |b| {
                2f64.powi(i32::from(b.e) - 128) as f32 * value(Codebook::Fp4, nibble(&b.qs, i))
            })
        },
        DType::NVFP4 => |b, i| with::<BlockNVFP4>(b, |b| nvfp4(b, i)),
        DType::IQ1_S => |b, i| with::<BlockIQ1_S>(b, |b| iq1_s(b, i)),
        DType::IQ1_M => |b, i| with::<BlockIQ1_M>(b, |b| iq1_m(b, i)),
        DType::IQ2_XXS => |b, i| with::<BlockIQ2_XXS>(b, |b| iq2_xxs(b, i)),
        DType::IQ2_XS => |b, i| with::<BlockIQ2_XS>(b, |b| iq2_xs(b, i)),
        DType::IQ2_S => |b, i| with::<BlockIQ2_S>(b, |b| iq2_s(b, i)),
        DType::IQ3_XXS => |b, i| with::<BlockIQ3_XXS>(b, |b| iq3_xxs(b, i)),
        DType::IQ3_S => |b, i| with::<BlockIQ3_S>(b, |b| iq3_s(b, i)),
        _ => return None,
    })
}

fn with<B: Block>(bytes: &[u8], f: impl FnOnce(&B) -> f32) -> f32 {
    f(bytemuck::from_bytes(bytes))
}

fn half(bytes: [u8; 2]) -> f32 {
    half::f16::from_le_bytes(bytes).to_f32()
}

/// `n` bits of a byte, from bit `start` on.
fn bits(byte: u8, start: usize, n: usize) -> f32 {
    f32::from(byte >> start & ((1 << n) - 1))
}

/// Bit `i` of a string of bits.
fn bit(bytes: &[u8], i: usize) -> f32 {
    bits(bytes[i / 8], i % 8, 1)
}

/// Element `i` of 32: low halves first.
fn nibble(qs: &[u8; 16], i: usize) -> f32 {
    bits(qs[i % 16], i / 16 * 4, 4)
}

fn q2_k(b: &BlockQ2_K, i: usize) -> f32 {
    let q = bits(b.qs[i / 128 * 32 + i % 32], i / 32 % 4 * 2, 2);
    let (sc, m) = (bits(b.scales[i / 16], 0, 4), bits(b.scales[i / 16], 4, 4));
    half(b.d) * sc * q - half(b.dmin) * m
}

fn q3_k(b: &BlockQ3_K, i: usize) -> f32 {
    let q = bits(b.qs[i / 128 * 32 + i % 32], i / 32 % 4 * 2, 2);
    let q = q + 4.0 * bits(b.hmask[i % 32], i / 32, 1) - 4.0;
    let g = i / 16;
    let low = bits(b.scales[g % 8], g / 8 * 4, 4);
    let high = bits(b.scales[8 + g % 4], g / 4 * 2, 2);
    half(b.d) * (low + 16.0 * high - 32.0) * q
}

/// The 6-bit numbers of group `g`, as `get_scale_min_k4` of ggml.
fn scale_and_minimum(s: &[u8; 12], g: usize) -> (f32, f32) {
    if g < 4 {
        (bits(s[g], 0, 6), bits(s[g + 4], 0, 6))
    } else {
        (
            bits(s[g + 4], 0, 4) + 16.0 * bits(s[g - 4], 6, 2),
            bits(s[g + 4], 4, 4) + 16.0 * bits(s[g], 6, 2),
        )
    }
}

fn q6_k(b: &BlockQ6_K, i: usize) -> f32 {
    let (part, run, l) = (i / 128, i / 32 % 4, i % 32);
    let low = bits(b.ql[part * 64 + run % 2 * 32 + l], run / 2 * 4, 4);
    let high = bits(b.qh[part * 32 + l], 2 * run, 2);
    half(b.d) * f32::from(b.scales[i / 16] as i8) * (low + 16.0 * high - 32.0)
}

/// Digit `n` in base 3 of a byte that is a fraction of 256.
fn ternary(b: &BlockTQ1_0, i: usize) -> f32 {
    let (byte, n) = match i {
        0..160 => (b.qs[i % 32], i / 32),
        160..240 => (b.qs[32 + i % 16], (i - 160) / 16),
        _ => (b.qh[i % 4], (i - 240) / 4),
    };
    let shifted = u32::from(byte) * 3u32.pow(n as u32) % 256;
    (shifted * 3 / 256) as f32 - 1.0
}

fn value(codebook: Codebook, code: f32) -> f32 {
    f32::from(codebook.values()[code as usize])
}

fn iq4_xs(b: &BlockIQ4_XS, i: usize) -> f32 {
    let g = i / 32;
    let low = bits(b.scales_l[g / 2], g % 2 * 4, 4);
    let high = bits(b.scales_h[g / 4], g % 4 * 2, 2);
    let code = bits(b.qs[g * 16 + i % 16], i / 16 % 2 * 4, 4);
    half(b.d) * (low + 16.0 * high - 32.0) * value(Codebook::Iq4, code)
}

fn nvfp4(b: &BlockNVFP4, i: usize) -> f32 {
    let (g, code) = (i / 16, bits(b.qs[i / 16 * 8 + i % 8], i / 8 % 2 * 4, 4));
    let (exponent, mantissa) = (bits(b.d[g], 3, 4), bits(b.d[g], 0, 3));
    let scale = match b.d[g] {
        0x7f => 0.0,
        _ if exponent == 0.0 => mantissa / 512.0,
        _ => (1.0 + mantissa / 8.0) * 2f32.powf(exponent - 7.0),
    };
    scale / 2.0 * value(Codebook::Fp4, code)
}

/// Magnitude `i % 8` of a vector or a pair of them with its sign; of seven signs the eighth is the parity.
fn signed(magnitude: i8, signs: u8, i: usize) -> f32 {
    let negative = signs >> (i % 8) & 1 == 1;
    f32::from(if negative { -magnitude } else { magnitude })
}

fn with_parity(seven: u32) -> u8 {
    let seven = (seven % 128) as u8;
    seven | (seven.count_ones() as u8 % 2) << 7
}

fn word(bytes: &[u8], i: usize) -> u32 {
    bytes[4 * i..][..4]
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u32::from(byte))
}

fn iq2_xxs(b: &BlockIQ2_XXS, i: usize) -> f32 {
    let (g, l) = (i / 32, i / 8 % 4);
    let word = word(&b.qs, 2 * g + 1);
    let vector = grids::IQ2_XXS[usize::from(b.qs[8 * g + l])];
    let scale = half(b.d) * (0.5 + (word >> 28) as f32) / 4.0;
    scale * signed(vector[i % 8], with_parity(word >> (7 * l)), i)
}

fn iq2_xs(b: &BlockIQ2_XS, i: usize) -> f32 {
    let at = i / 8;
    let word = usize::from(b.qs[2 * at]) + 256 * usize::from(b.qs[2 * at + 1]);
    let scale = half(b.d) * (0.5 + bits(b.scales[i / 32], i / 16 % 2 * 4, 4)) / 4.0;
    scale
        * signed(
            grids::IQ2_XS[word % 512][i % 8],
            with_parity(word as u32 / 512),
            i,
        )
}

fn iq2_s(b: &BlockIQ2_S, i: usize) -> f32 {
    let high = bits(b.qh[i / 32], i / 8 % 4 * 2, 2) as usize;
    let vector = grids::IQ2_S[usize::from(b.qs[i / 8]) + 256 * high];
    let scale = half(b.d) * (0.5 + bits(b.scales[i / 32], i / 16 % 2 * 4, 4)) / 4.0;
    scale * signed(vector[i % 8], b.qs[32 + i / 8], i)
}

fn iq3_xxs(b: &BlockIQ3_XXS, i: usize) -> f32 {
    let word = word(&b.qs, 16 + i / 32);
    let vector = grids::IQ3_XXS[usize::from(b.qs[i / 4])];
    let scale = half(b.d) * (0.5 + (word >> 28) as f32) / 2.0;
    scale * signed(vector[i % 4], with_parity(word >> (i / 8 % 4 * 7)), i)
}

fn iq3_s(b: &BlockIQ3_S, i: usize) -> f32 {
    let vector = grids::IQ3_S[usize::from(b.qs[i / 4]) + 256 * bit(&b.qh, i / 4) as usize];
    let scale = half(b.d) * (1.0 + 2.0 * bits(b.scales[i / 64], i / 32 % 2 * 4, 4));
    scale * signed(vector[i % 4], b.signs[i / 8], i)
}

fn iq1_s(b: &BlockIQ1_S, i: usize) -> f32 {
    let (g, l) = (i / 32, i / 8 % 4);
    let word = usize::from(b.qh[2 * g]) + 256 * usize::from(b.qh[2 * g + 1]);
    let number = usize::from(b.qs[i / 8]) + 256 * (word >> (3 * l) & 7);
    let shift = if word >> 15 == 1 { -0.125 } else { 0.125 };
    let scale = half(b.d) * (2 * (word >> 12 & 7) + 1) as f32;
    scale * (f32::from(grids::IQ1[number][i % 8]) + shift)
}

fn iq1_m(b: &BlockIQ1_M, i: usize) -> f32 {
    let low = b.scales[1] >> 4 | b.scales[3] & 0xf0;
    let high = b.scales[5] >> 4 | b.scales[7] & 0xf0;
    let (g, l) = (i / 16, i / 8);
    let scales = u64::from_le_bytes(b.scales) >> (g / 4 * 16 + g % 4 * 3) & 7;
    let number = usize::from(b.qs[l]) + 256 * bits(b.qh[l / 2], l % 2 * 4, 3) as usize;
    let shift = 0.125 - 0.25 * bits(b.qh[l / 2], l % 2 * 4 + 3, 1);
    half([low, high]) * (2 * scales + 1) as f32 * (f32::from(grids::IQ1[number][i % 8]) + shift)
}
