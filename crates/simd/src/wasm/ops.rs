//! What the two wasm tokens share: all but the dot products of codes.

use core::arch::wasm32::*;

use crate::exp::ROUND;

/// The vector at the start of `from`, whose elements are plain numbers.
#[inline(always)]
pub(super) fn load<T: Copy, const N: usize>(from: &[T]) -> v128 {
    const { assert!(N * size_of::<T>() == 16) };
    let from: &[T; N] = from.first_chunk().expect("the slice holds a vector");
    // SAFETY: the pointer comes from a reference to 16 bytes of plain numbers; no alignment is asked for.
    unsafe { v128_load(from.as_ptr().cast()) }
}

/// Write 16 bytes of plain numbers.
#[inline(always)]
pub(super) fn store(v: v128, to: &mut [f32]) {
    let to: &mut [f32; 4] = to.first_chunk_mut().expect("the slice holds a vector");
    // SAFETY: the pointer comes from a reference to 16 bytes; no alignment is asked for.
    unsafe { v128_store(to.as_mut_ptr().cast(), v) }
}

/// Four half-precision numbers from the 16-bit halves of `bits`, as `f16::to_f32`.
#[inline(always)]
pub(super) fn halves_to_f32(bits: u64) -> v128 {
    let h = u32x4_extend_low_u16x8(u64x2(bits, 0));
    let sign = u32x4_shl(v128_and(h, u32x4_splat(0x8000)), 16);
    let magnitude = u32x4_shl(v128_and(h, u32x4_splat(0x7fff)), 13);
    let scaled = f32x4_mul(magnitude, f32x4_splat(HALF_UNIT));
    let non_finite = v128_and(
        i32x4_ge(magnitude, i32x4_splat(0x7c00 << 13)),
        u32x4_splat(0x7f80_0000),
    );
    v128_or(v128_or(sign, scaled), non_finite)
}

/// What the bits of a half-precision number are worth as those of an f32, sign and exponent in their places.
pub(super) const HALF_UNIT: f32 = f32::from_bits((127 + 112) << 23);

/// Eight half-precision numbers in [`HALF_UNIT`]: the upper and the lower half of each f32, side by side. Infinity and
/// NaN take the exponent that follows.
#[inline(always)]
pub(super) fn load_halves(from: &[u16]) -> [v128; 2] {
    let halves = load::<u16, 8>(from);
    // The sign is spread over the bits above the exponent and cleared but for the highest.
    let upper = v128_and(i16x8_shr(halves, 3), u16x8_splat(0x8fff));
    let lower = i16x8_shl(halves, 13);
    [
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(lower, upper),
        i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(lower, upper),
    ]
}

/// Four half-precision numbers in the same way, times [`HALF_UNIT`].
#[inline(always)]
pub(super) fn load_finite_halves(from: &[u8]) -> v128 {
    let from: &[u8; 8] = from.first_chunk().expect("the slice holds a vector");
    // SAFETY: the pointer comes from a reference to 8 bytes of plain numbers; no alignment is asked for.
    let halves = unsafe { i32x4_load_extend_i16x4(from.as_ptr().cast()) };
    let bits = v128_and(i32x4_shl(halves, 13), u32x4_splat(0x8fff_e000));
    f32x4_mul(bits, f32x4_splat(HALF_UNIT))
}

/// Eight signed bytes as numbers.
#[inline(always)]
pub(super) fn load_i8(from: &[u8]) -> [v128; 2] {
    let from: &[u8; 8] = from.first_chunk().expect("the slice holds two vectors");
    // SAFETY: the pointer comes from a reference to 8 bytes; no alignment is asked for.
    let wide = unsafe { i16x8_load_extend_i8x8(from.as_ptr().cast()) };
    [
        f32x4_convert_i32x4(i32x4_extend_low_i16x8(wide)),
        f32x4_convert_i32x4(i32x4_extend_high_i16x8(wide)),
    ]
}

/// As `f16::from_f32`, in the low half of each lane.
#[inline(always)]
pub(super) fn f32_to_halves(v: v128) -> v128 {
    let sign = v128_and(u32x4_shr(v, 16), u32x4_splat(0x8000));
    let magnitude = v128_and(v, u32x4_splat(0x7fff_ffff));
    let half = f32x4_splat(0.5);
    let subnormal = i32x4_sub(f32x4_add(magnitude, half), half);
    let odd = v128_and(u32x4_shr(magnitude, 13), u32x4_splat(1));
    let bias = i32x4_splat(0xfff - (112 << 23));
    let normal = u32x4_shr(i32x4_add(i32x4_add(magnitude, bias), odd), 13);
    let half = v128_bitselect(
        subnormal,
        normal,
        i32x4_lt(magnitude, i32x4_splat(0x3880_0000)),
    );
    let infinite = i32x4_ge(magnitude, i32x4_splat(0x4780_0000));
    let half = v128_bitselect(u32x4_splat(0x7c00), half, infinite);
    let nan = i32x4_gt(magnitude, i32x4_splat(0x7f80_0000));
    v128_or(sign, v128_bitselect(u32x4_splat(0x7e00), half, nan))
}

/// Sum of four lanes.
#[inline(always)]
pub(super) fn sum(v: v128) -> f32 {
    let two = f32x4_add(v, i32x4_shuffle::<2, 3, 2, 3>(v, v));
    f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
}

/// Sums of each of four vectors.
#[inline(always)]
pub(super) fn sum4([a, b, c, d]: [v128; 4]) -> [f32; 4] {
    let ab = f32x4_add(
        i32x4_shuffle::<0, 4, 2, 6>(a, b),
        i32x4_shuffle::<1, 5, 3, 7>(a, b),
    );
    let cd = f32x4_add(
        i32x4_shuffle::<0, 4, 2, 6>(c, d),
        i32x4_shuffle::<1, 5, 3, 7>(c, d),
    );
    let all = f32x4_add(
        i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
        i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
    );
    let mut sums = [0.0; 4];
    store(all, &mut sums);
    sums
}

/// Largest of four lanes.
#[inline(always)]
pub(super) fn max_lane(v: v128) -> f32 {
    let two = f32x4_pmax(v, i32x4_shuffle::<2, 3, 2, 3>(v, v));
    f32x4_extract_lane::<0>(two).max(f32x4_extract_lane::<1>(two))
}

/// `2^v` for whole numbers.
#[inline(always)]
pub(super) fn pow2(v: v128) -> v128 {
    let bits = f32x4_add(v, f32x4_splat(ROUND));
    i32x4_add(i32x4_shl(bits, 23), i32x4_splat(127 << 23))
}

/// Both halves of each row's sum together.
#[inline(always)]
pub(super) fn join_half_sums([low, high]: [v128; 2]) -> v128 {
    i32x4_add(
        i32x4_shuffle::<0, 2, 4, 6>(low, high),
        i32x4_shuffle::<1, 3, 5, 7>(low, high),
    )
}

/// Add the products of signed codes with activations of 16 bits, in pairs: the first vector of sums holds the halves of
/// rows 0 and 1, the second those of rows 2 and 3.
#[inline(always)]
pub(super) fn add_half_sums([low, high]: [v128; 2], codes: v128, quad: v128) -> [v128; 2] {
    let codes = [
        i16x8_extend_low_i8x16(codes),
        i16x8_extend_high_i8x16(codes),
    ];
    [
        i32x4_add(low, i32x4_dot_i16x8(codes[0], quad)),
        i32x4_add(high, i32x4_dot_i16x8(codes[1], quad)),
    ]
}

/// Four activations as 16 bits each, twice.
#[inline(always)]
pub(super) fn store_words(quad: [i8; 4], to: &mut [u8]) {
    let bytes = i32x4_splat(i32::from_le_bytes(quad.map(|x| x as u8)));
    store_bytes(i16x8_extend_low_i8x16(bytes), to);
}

/// Eight signed bytes as 16 bits each.
#[inline(always)]
pub(super) fn load_signed_bytes(from: &[u8]) -> v128 {
    let from: &[u8; 8] = from.first_chunk().expect("the slice holds a vector");
    // SAFETY: the pointer comes from a reference to 8 bytes; no alignment is asked for.
    unsafe { i16x8_load_extend_i8x8(from.as_ptr().cast()) }
}

/// Write 16 bytes.
#[inline(always)]
pub(super) fn store_bytes(v: v128, to: &mut [u8]) {
    let to: &mut [u8; 16] = to.first_chunk_mut().expect("the slice holds a vector");
    // SAFETY: the pointer comes from a reference to 16 bytes; no alignment is asked for.
    unsafe { v128_store(to.as_mut_ptr().cast(), v) }
}

/// The items of `impl Simd` that do not depend on the kind of dot product.
macro_rules! shared_ops {
    () => {
        type F32 = v128;
        type I32 = v128;
        type I8 = v128;
        type Quad = v128;
        type Dot = [v128; 2];
        type Scaled = v128;
        type Pairs = v128;
        const LANES: usize = 4;
        /// Compared with four bytes an instruction less for each: browsers compute the address of a splat's load apart.
        const QUAD_BYTES: usize = 16;
        const HALF_UNIT: f32 = ops::HALF_UNIT;

        #[inline(always)]
        fn touch(self, at: &u8) {
            // SAFETY: the pointer is a reference.
            unsafe { core::ptr::from_ref(at).read_volatile() };
        }
        #[inline(always)]
        fn splat(self, x: f32) -> v128 {
            f32x4_splat(x)
        }
        /// Browsers compute the address of a splat's load apart, which a plain load has within it.
        #[inline(always)]
        fn splat4(self, from: &[u8; 16]) -> [v128; 4] {
            let all = ops::load::<u8, 16>(from);
            [
                i32x4_shuffle::<0, 0, 0, 0>(all, all),
                i32x4_shuffle::<1, 1, 1, 1>(all, all),
                i32x4_shuffle::<2, 2, 2, 2>(all, all),
                i32x4_shuffle::<3, 3, 3, 3>(all, all),
            ]
        }
        #[inline(always)]
        fn load(self, from: &[f32]) -> v128 {
            ops::load::<f32, 4>(from)
        }
        #[inline(always)]
        fn load_partial(self, from: &[f32]) -> v128 {
            let mut all = [0.0; 4];
            let n = from.len().min(4);
            all[..n].copy_from_slice(&from[..n]);
            self.load(&all)
        }
        #[inline(always)]
        fn store(self, v: v128, to: &mut [f32]) {
            ops::store(v, to);
        }
        #[inline(always)]
        fn store_partial(self, v: v128, to: &mut [f32]) {
            if to.len() >= 4 {
                return self.store(v, to);
            }
            let mut all = [0.0; 4];
            self.store(v, &mut all);
            let n = to.len().min(4);
            to[..n].copy_from_slice(&all[..n]);
        }
        #[inline(always)]
        fn load_f16(self, from: &[u16]) -> v128 {
            let [a, b, c, d] = *from.first_chunk().expect("the slice holds a vector");
            let [a, b, c, d] = [a, b, c, d].map(u64::from);
            ops::halves_to_f32(a | (b << 16) | (c << 32) | (d << 48))
        }
        #[inline(always)]
        fn load_halves(self, from: &[u16]) -> [v128; 2] {
            ops::load_halves(from)
        }
        #[inline(always)]
        fn load_finite_f16_bytes(self, from: &[u8]) -> v128 {
            ops::load_finite_halves(from)
        }
        #[inline(always)]
        fn load_i8(self, from: &[u8]) -> [v128; 2] {
            ops::load_i8(from)
        }
        #[inline(always)]
        fn load_f16_bytes(self, from: &[u8]) -> v128 {
            let bytes = from.first_chunk().expect("the slice holds a vector");
            ops::halves_to_f32(u64::from_le_bytes(*bytes))
        }
        #[inline(always)]
        fn load_bf16_bytes(self, from: &[u8]) -> v128 {
            let bytes = from.first_chunk().expect("the slice holds a vector");
            u32x4_shl(
                u32x4_extend_low_u16x8(u64x2(u64::from_le_bytes(*bytes), 0)),
                16,
            )
        }
        #[inline(always)]
        fn store_f16(self, v: v128, to: &mut [u16]) {
            let halves = ops::f32_to_halves(v);
            let packed = u16x8_narrow_i32x4(halves, halves);
            let bits = u64x2_extract_lane::<0>(packed);
            let to: &mut [u16; 4] = to.first_chunk_mut().expect("the slice holds a vector");
            *to = [bits, bits >> 16, bits >> 32, bits >> 48].map(|half| half as u16);
        }
        #[inline(always)]
        fn add(self, a: v128, b: v128) -> v128 {
            f32x4_add(a, b)
        }
        #[inline(always)]
        fn sub(self, a: v128, b: v128) -> v128 {
            f32x4_sub(a, b)
        }
        #[inline(always)]
        fn mul(self, a: v128, b: v128) -> v128 {
            f32x4_mul(a, b)
        }
        #[inline(always)]
        fn div(self, a: v128, b: v128) -> v128 {
            f32x4_div(a, b)
        }
        #[inline(always)]
        fn max(self, a: v128, b: v128) -> v128 {
            f32x4_pmax(b, a)
        }
        #[inline(always)]
        fn min(self, a: v128, b: v128) -> v128 {
            f32x4_pmin(b, a)
        }
        #[inline(always)]
        fn sum(self, v: v128) -> f32 {
            ops::sum(v)
        }
        #[inline(always)]
        fn sum4(self, v: [v128; 4]) -> [f32; 4] {
            ops::sum4(v)
        }
        #[inline(always)]
        fn max_lane(self, v: v128) -> f32 {
            ops::max_lane(v)
        }
        #[inline(always)]
        fn pow2(self, v: v128) -> v128 {
            ops::pow2(v)
        }
        /// In a module with relaxed SIMD, LLVM takes relaxed minima and maxima, also for plain ones.
        #[inline(always)]
        fn keep_nan(self, v: v128, result: v128) -> v128 {
            v128_bitselect(result, v, f32x4_eq(v, v))
        }
        #[inline(always)]
        fn splat_code(self, code: u8) -> v128 {
            u8x16_splat(code)
        }
        #[inline(always)]
        fn load_codes(self, from: &[u8]) -> v128 {
            ops::load::<u8, 16>(from)
        }
        #[inline(always)]
        fn load_quad(self, from: &[u8]) -> v128 {
            ops::load::<u8, 16>(from)
        }
        #[inline(always)]
        fn dot_zero(self) -> [v128; 2] {
            [i32x4_splat(0); 2]
        }
        #[inline(always)]
        fn table(self, from: &[u8; 16]) -> v128 {
            ops::load::<u8, 16>(from)
        }
        #[inline(always)]
        fn and(self, a: v128, b: v128) -> v128 {
            v128_and(a, b)
        }
        #[inline(always)]
        fn or(self, a: v128, b: v128) -> v128 {
            v128_or(a, b)
        }
        #[inline(always)]
        fn shift_left(self, v: v128, n: u32) -> v128 {
            u16x8_shl(v, n)
        }
        #[inline(always)]
        fn shift_right(self, v: v128, n: u32) -> v128 {
            u16x8_shr(v, n)
        }
        #[inline(always)]
        fn store_codes(self, v: v128, to: &mut [u8]) {
            ops::store_bytes(v, to);
        }
        #[inline(always)]
        fn widen_pairs(self, from: &[u8]) -> v128 {
            ops::load_signed_bytes(from)
        }
        #[inline(always)]
        fn widen_nibble_pairs(self, from: &[u8]) -> [v128; 2] {
            let bytes = v128_and(ops::load_signed_bytes(from), u16x8_splat(0xff));
            [v128_and(bytes, u16x8_splat(15)), u16x8_shr(bytes, 4)]
        }
        #[inline(always)]
        fn store_pair(self, pair: [i16; 2], to: &mut [u8]) {
            let [a, b] = pair.map(|x| u32::from(x as u16));
            ops::store_bytes(u32x4_splat(a | (b << 16)), to);
        }
        #[inline(always)]
        fn load_pair(self, from: &[u8]) -> v128 {
            ops::load::<u8, 16>(from)
        }
        #[inline(always)]
        fn add_pairs(self, sums: v128, a: v128, b: v128) -> v128 {
            i32x4_add(sums, i32x4_dot_i16x8(a, b))
        }
        #[inline(always)]
        fn store_pairs(self, pairs: v128, to: &mut [u8]) {
            ops::store_bytes(pairs, to);
        }
        #[inline(always)]
        fn load_pairs(self, from: &[u8]) -> v128 {
            ops::load::<u8, 16>(from)
        }
        #[inline(always)]
        fn scaled_zero(self) -> v128 {
            i32x4_splat(0)
        }
        #[inline(always)]
        fn scaled_to_f32(self, v: v128) -> v128 {
            f32x4_convert_i32x4(v)
        }
        #[inline(always)]
        fn zero_i32(self) -> v128 {
            i32x4_splat(0)
        }
        #[inline(always)]
        fn add_i32(self, a: v128, b: v128) -> v128 {
            i32x4_add(a, b)
        }
        #[inline(always)]
        fn to_f32(self, v: v128) -> v128 {
            f32x4_convert_i32x4(v)
        }
    };
}
