//! Codes and scales out of tiles. A quad of as many rows as a vector spans takes a load, a shift and a mask.

use hearth_simd::Simd;

use super::tiles::Format;
use crate::weight::{SIX_BIT_VECTORS, TILE_ROWS, TileFormat, VECTOR, quad_place};

/// A group within a tile.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The run of 32 columns.
    pub(super) run: usize,
    /// The part of the rows that a vector holds.
    pub(super) part: usize,
    /// The first half of the run.
    pub(super) first: usize,
}

/// The scales of a group and what its elements have in common: the minima, or `-zero * scale`; 0 where the format has neither.
#[inline(always)]
pub(super) fn scales<S: Simd, F: Format>(simd: S, tile: &[u8], place: Place) -> [S::F32; 2] {
    let Place { run, part, first } = place;
    let format = F::FORMAT;
    let rows = part * S::LANES;
    if format.is_nested() {
        let codes = &tile[format.nested_at(run * format.groups() + first) + rows..];
        let [scale, minimum] = simd.load_nibbles(codes);
        let d = simd.load_finite_f16_bytes(&tile[format.scales_at() + 2 * rows..]);
        let dmin = simd.load_finite_f16_bytes(&tile[format.minima_at() + 2 * rows..]);
        return [simd.mul(d, scale), simd.mul(dmin, minimum)];
    }
    let at = 2 * (first * TILE_ROWS + rows);
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
    let zero = simd.splat(-format.zero() as f32);
    [scale, simd.mul(zero, scale)]
}

/// Quad `j` of a run, of the rows of part `part`: what the codes stand for, plus the format's zero, a byte each.
#[inline(always)]
pub(super) fn quad<S: Simd, F: Format>(simd: S, codes: &[u8], part: usize, j: usize) -> S::I8 {
    let plane = &codes[part * 4 * S::LANES..];
    if F::BITS == 6 {
        return six_bits(simd, plane, j);
    }
    let [low, high] = TileFormat::planes(F::BITS);
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
