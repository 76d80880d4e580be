//! Each type element by element: where the bits of element `i` lie, and what they mean. Never used in production.

use hearth_tensor::DType;
use hearth_tensor::blocks::*;

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
        _ => return None,
    };
    let blocks = bytes.chunks_exact(dtype.block_bytes());
    let elements = |block| (0..dtype.block_elems()).map(move |i| element(block, i));
    Some(blocks.flat_map(elements).collect())
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
