//! Codes and scales out of tiles. A quad of as many rows as a vector spans takes a load, a shift and a mask.

use hearth_simd::Simd;

use super::format::Format;
use crate::weight::{SIX_BIT_VECTORS, TILE_ROWS, TileFormat, VECTOR, quad_place};

/// The scales of a group of a tile of one run, the group that starts with half `first`, and what its elements have in
/// common: the minima, or `-zero * scale`; 0 where the format has neither. Of the rows of part `part`.
#[inline(always)]
pub(super) fn scales<S: Simd, F: Format>(
    simd: S,
    tile: &[u8],
    part: usize,
    first: usize,
) -> [S::F32; 2] {
    let format = F::FORMAT;
    let at = 2 * (first * TILE_ROWS + part * S::LANES);
    let bytes = &tile[format.scales_at() + at..];
    let scale = if format.has_wide_scales() {
        simd.load_bf16_bytes(bytes)
    } else {
        simd.load_finite_f16_bytes(bytes)
    };
    if format.has_minimum() {
        return [
            scale,
            simd.load_finite_f16_bytes(&tile[format.minima_at() + at..]),
        ];
    }
    [scale, of_zero::<S, F>(simd, scale)]
}

/// `-zero * scale`.
#[inline(always)]
fn of_zero<S: Simd, F: Format>(simd: S, scale: S::F32) -> S::F32 {
    simd.mul(simd.splat(-F::FORMAT.zero() as f32), scale)
}

/// The scales of a pair of groups of a nested tile, and what their offsets are multiples of, of the rows of part `part`.
#[inline(always)]
pub(super) fn pairs<S: Simd, F: Format>(
    simd: S,
    tile: &[u8],
    part: usize,
    pair: usize,
) -> [S::Pairs; 2] {
    let rows = 2 * part * S::LANES;
    let scales = &tile[F::FORMAT.scale_pairs_at(pair) + rows..];
    if F::FORMAT.has_nibbles() {
        return simd.widen_nibble_pairs(scales);
    }
    let scales = simd.widen_pairs(scales);
    if F::FORMAT.has_minimum() {
        let offsets = &tile[F::FORMAT.offset_pairs_at(pair) + rows..];
        return [scales, simd.widen_pairs(offsets)];
    }
    [scales, scales]
}

/// The units of the scales of a nested tile and of its offsets, of the rows of part `part`.
#[inline(always)]
pub(super) fn units<S: Simd, F: Format>(simd: S, tile: &[u8], part: usize) -> [S::F32; 2] {
    let rows = 2 * part * S::LANES;
    let scale = simd.load_finite_f16_bytes(&tile[F::FORMAT.scales_at() + rows..]);
    if F::FORMAT.has_minimum() {
        let minima = &tile[F::FORMAT.minima_at() + rows..];
        return [scale, simd.load_finite_f16_bytes(minima)];
    }
    [scale, of_zero::<S, F>(simd, scale)]
}

/// Quad `j` of a run, of the rows of part `part`: what the codes stand for, plus the format's zero, a byte each.
#[inline(always)]
pub(super) fn quad<S: Simd, F: Format>(simd: S, codes: &[u8], part: usize, j: usize) -> S::I8 {
    let plane = &codes[part * 4 * S::LANES..];
    let bits = F::FORMAT.bits();
    if bits == 6 {
        return six_bits(simd, plane, j);
    }
    let [low, high] = TileFormat::planes(bits);
    let quad = field(simd, plane, j, low, 0);
    if high == 0 {
        return F::look_up(simd, quad);
    }
    let plane = &plane[low as usize * VECTOR..];
    simd.or(quad, field(simd, plane, j, high, low))
}

/// Quad `j` of 6-bit codes.
#[inline(always)]
fn six_bits<S: Simd>(simd: S, codes: &[u8], j: usize) -> S::I8 {
    let first = j / 4 * SIX_BIT_VECTORS;
    if j % 4 < SIX_BIT_VECTORS {
        let v = simd.load_codes(&codes[(first + j % 4) * VECTOR..]);
        return simd.and(v, simd.splat_code(0x3f));
    }
    let upper = simd.splat_code(0xc0);
    let a = simd.and(simd.load_codes(&codes[first * VECTOR..]), upper);
    let b = simd.and(simd.load_codes(&codes[(first + 1) * VECTOR..]), upper);
    let c = simd.and(simd.load_codes(&codes[(first + 2) * VECTOR..]), upper);
    let bc = simd.or(simd.shift_right(b, 2), c);
    simd.shift_right(simd.or(simd.shift_right(a, 4), bc), 2)
}

/// Bits of quad `j` in a plane of `bits` bits, moved so that they start at bit `to` of their bytes.
#[inline(always)]
fn field<S: Simd>(simd: S, plane: &[u8], j: usize, bits: u32, to: u32) -> S::I8 {
    let (vector, from) = quad_place(j, bits);
    let v = simd.load_codes(&plane[vector * VECTOR..]);
    if bits == 8 {
        return v;
    }
    let v = match from.cmp(&to) {
        std::cmp::Ordering::Equal => v,
        std::cmp::Ordering::Less => simd.shift_left(v, to - from),
        std::cmp::Ordering::Greater => simd.shift_right(v, from - to),
    };
    simd.and(v, simd.splat_code(((1 << bits) - 1) << to))
}
