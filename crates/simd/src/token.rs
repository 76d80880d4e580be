//! The interface that every instruction set implements.

use crate::exp::exp;

/// Vector operations of one instruction set. Every method is inlined into the kernel that uses it.
///
/// Slices shorter than a vector panic: callers split rows with `chunks_exact(S::LANES)` and use
/// [`Simd::load_partial`] / [`Simd::store_partial`] for what is left.
///
/// # Sums of products of codes
/// Weights are small integers ("codes") and activations signed bytes. A 32-bit lane of an [`Simd::I8`] holds four
/// consecutive elements of one weight row, so that a vector spans `LANES` rows; [`Simd::load_quad`] gives every lane
/// the same four activations. [`Simd::dot_codes`] adds the products of a lane to the lane's [`Simd::Dot`], which has
/// [`Simd::room`] for so many: sums of products of small codes may be kept in 16 bits meanwhile. [`Simd::dot_sum`] takes
/// the sum out; [`Simd::add_scaled`] takes it out times an integer of its row.
///
/// Codes of `bits` bits are unsigned where that is 6 or less, and signed bytes where it is 8; `bits` must be a constant, so that
/// nothing is left of the choice once it is compiled.
///
/// # Pairs
/// A [`Simd::Pairs`] holds two small integers for each row, such as the scales of two groups of its columns.
pub trait Simd: Copy + Send + Sync + 'static {
    /// `LANES` f32.
    type F32: Copy;
    /// `LANES` i32.
    type I32: Copy;
    /// `4 * LANES` bytes: 8-bit codes, four to a 32-bit lane.
    type I8: Copy;
    /// Four activations, for every lane.
    type Quad: Copy;
    /// Sums of products of codes.
    type Dot: Copy;
    /// Sums of products of codes times scales.
    type Scaled: Copy;
    /// Two 16-bit integers for each of `LANES` rows.
    type Pairs: Copy;

    /// f32 lanes of a vector.
    const LANES: usize;

    /// Bytes that four activations take in memory: 4, or 16 where loading a whole vector is cheaper than filling one.
    const QUAD_BYTES: usize = 4;

    /// What numbers of [`Simd::load_halves`] stand for is so many times as much, a power of two.
    const HALF_UNIT: f32 = 1.0;

    /// Rows of activations, and vectors of weight rows with codes of `bits` bits, that a product of many rows takes at once:
    /// as many as the registers hold sums for: `[8, 1]`, `[4, 2]` or `[4, 1]`.
    #[inline(always)]
    fn block(bits: u32) -> [usize; 2] {
        let _ = bits;
        [4, 1]
    }

    /// Whether [`Simd::prefetch`] does anything.
    const PREFETCHES: bool = false;

    /// Ask for the cache line of `at` ahead of its use, without waiting for it.
    #[inline(always)]
    fn prefetch(self, at: &u8) {
        let _ = at;
    }
    /// Read a byte of memory that is about to be read, where that pays: browsers' compilers turn the order of loads
    /// around, which hides from the processor that memory is read from start to end.
    #[inline(always)]
    fn touch(self, at: &u8) {
        let _ = at;
    }
    /// All lanes `x`.
    fn splat(self, x: f32) -> Self::F32;
    /// Each of four numbers, given by their bytes in the machine's order, in all lanes.
    #[inline(always)]
    fn splat4(self, from: &[u8; 16]) -> [Self::F32; 4] {
        let (numbers, _) = from.as_chunks();
        [
            self.splat(f32::from_ne_bytes(numbers[0])),
            self.splat(f32::from_ne_bytes(numbers[1])),
            self.splat(f32::from_ne_bytes(numbers[2])),
            self.splat(f32::from_ne_bytes(numbers[3])),
        ]
    }
    /// The first `LANES` elements.
    fn load(self, from: &[f32]) -> Self::F32;
    /// Up to `LANES` elements; the other lanes are 0.
    fn load_partial(self, from: &[f32]) -> Self::F32;
    /// Write all lanes to the first `LANES` elements.
    fn store(self, v: Self::F32, to: &mut [f32]);
    /// Write the first `min(LANES, to.len())` lanes.
    fn store_partial(self, v: Self::F32, to: &mut [f32]);
    /// `LANES` IEEE half-precision numbers, given by their bits.
    fn load_f16(self, from: &[u16]) -> Self::F32;
    /// `2 * LANES` IEEE half-precision numbers, given by their bits, divided by [`Simd::HALF_UNIT`]. Infinity and NaN may
    /// give what any number of at least 65536 with the same sign gives. For caches, where handling them, and the unit,
    /// would double the work.
    #[inline(always)]
    fn load_halves(self, from: &[u16]) -> [Self::F32; 2] {
        [self.load_f16(from), self.load_f16(&from[Self::LANES..])]
    }
    /// All lanes one IEEE half-precision number, given by its bits.
    #[inline(always)]
    fn splat_f16(self, bits: u16) -> Self::F32 {
        self.splat(crate::f16::to_f32(bits))
    }
    /// `2 * LANES` signed bytes, as numbers.
    fn load_i8(self, from: &[u8]) -> [Self::F32; 2];
    /// `LANES` IEEE half-precision numbers, given by their little-endian bytes.
    fn load_f16_bytes(self, from: &[u8]) -> Self::F32;
    /// As [`Simd::load_f16_bytes`], of finite numbers; others may give any number.
    #[inline(always)]
    fn load_finite_f16_bytes(self, from: &[u8]) -> Self::F32 {
        self.load_f16_bytes(from)
    }
    /// `LANES` bfloat16 numbers, given by their little-endian bytes.
    fn load_bf16_bytes(self, from: &[u8]) -> Self::F32;
    /// Round to half precision, to nearest even.
    fn store_f16(self, v: Self::F32, to: &mut [u16]);
    /// `a + b`.
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a - b`.
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a * b`.
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a / b`.
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a * b + c`, fused where the instruction set does so.
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// The larger of each lane: `b` unless `a > b`, so also where one is NaN, but not in relaxed wasm.
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// The smaller of each lane: `b` unless `a < b`, so also where one is NaN, but not in relaxed wasm.
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Sum of all lanes.
    fn sum(self, v: Self::F32) -> f32;
    /// Sums of all lanes of each of four vectors. A vector's sum does not depend on the others, nor on its place among
    /// them; it may differ from [`Simd::sum`] in the order of additions.
    #[inline(always)]
    fn sum4(self, v: [Self::F32; 4]) -> [f32; 4] {
        let mut sums = [0.0; 4];
        for (sum, v) in sums.iter_mut().zip(v) {
            *sum = self.sum(v);
        }
        sums
    }
    /// Largest lane; not specified if one is NaN.
    fn max_lane(self, v: Self::F32) -> f32;
    /// `2^v` for whole numbers `v` in `-127..=127`; 0 for -127. Other values are not specified.
    fn pow2(self, v: Self::F32) -> Self::F32;

    /// `e^v`, within 2 ULP for results in the normal range; below it at most the smallest normal number and 0 from
    /// `e^-88` on, infinity above; NaN stays NaN.
    #[inline(always)]
    fn exp(self, v: Self::F32) -> Self::F32 {
        exp(self, v)
    }

    /// `result`, but `v` where that is NaN: for results of [`Simd::min`] and [`Simd::max`], which may lose a NaN.
    fn keep_nan(self, v: Self::F32, result: Self::F32) -> Self::F32;

    /// Every byte `code`.
    fn splat_code(self, code: u8) -> Self::I8;
    /// The first `4 * LANES` bytes.
    fn load_codes(self, from: &[u8]) -> Self::I8;
    /// Write `4 * LANES` bytes.
    fn store_codes(self, v: Self::I8, to: &mut [u8]);
    /// Write four activations, to meet codes of `bits` bits, as [`Simd::load_quad`] wants them.
    #[inline(always)]
    fn store_quad(self, bits: u32, quad: [i8; 4], to: &mut [u8]) {
        let _ = bits;
        to[..4].copy_from_slice(&quad.map(|x| x as u8));
    }
    /// The four activations that [`Simd::store_quad`] wrote, in every lane.
    fn load_quad(self, from: &[u8]) -> Self::Quad;
    /// Sixteen bytes to [`look_up`](Simd::look_up) in.
    fn table(self, from: &[u8; 16]) -> Self::I8;
    /// For every byte of `codes`, which must be below 16, the byte of the table with that number.
    fn look_up(self, table: Self::I8, codes: Self::I8) -> Self::I8;
    /// `a & b`.
    fn and(self, a: Self::I8, b: Self::I8) -> Self::I8;
    /// `a | b`.
    fn or(self, a: Self::I8, b: Self::I8) -> Self::I8;
    /// Shift left by `n < 8` bits. Bits may cross from a byte into the next one: mask afterwards.
    fn shift_left(self, v: Self::I8, n: u32) -> Self::I8;
    /// Shift right by `n < 8` bits. Bits may cross from a byte into the one before: mask afterwards.
    fn shift_right(self, v: Self::I8, n: u32) -> Self::I8;

    /// Sums of nothing.
    fn dot_zero(self) -> Self::Dot;
    /// How many vectors of codes [`Simd::dot_codes`] can add before the sums must be taken out: 1, 2, 4 or 8.
    #[inline(always)]
    fn room(bits: u32) -> usize {
        let _ = bits;
        8
    }
    /// Add the products of codes and activations to the sums, lane by lane. Activations lie in `-127..=127`.
    fn dot_codes(self, bits: u32, sums: Self::Dot, codes: Self::I8, quad: Self::Quad) -> Self::Dot;
    /// The sum of each lane.
    fn dot_sum(self, bits: u32, sums: Self::Dot) -> Self::I32;

    /// The first `2 * LANES` signed bytes, two to a row.
    fn widen_pairs(self, from: &[u8]) -> Self::Pairs;
    /// The low and the high halves of the first `2 * LANES` bytes, from 0 to 15.
    fn widen_nibble_pairs(self, from: &[u8]) -> [Self::Pairs; 2];
    /// Write a pair as [`Simd::load_pair`] wants it, to as many bytes as a quad takes.
    #[inline(always)]
    fn store_pair(self, pair: [i16; 2], to: &mut [u8]) {
        let [a, b] = pair.map(i16::to_ne_bytes);
        to[..4].copy_from_slice(&[a[0], a[1], b[0], b[1]]);
    }
    /// The pair that [`Simd::store_pair`] wrote, for every row.
    fn load_pair(self, from: &[u8]) -> Self::Pairs;
    /// Add both products of each row to its sum.
    fn add_pairs(self, sums: Self::I32, a: Self::Pairs, b: Self::Pairs) -> Self::I32;
    /// Write pairs, or scales, to `4 * LANES` bytes.
    fn store_pairs(self, pairs: Self::Pairs, to: &mut [u8]);
    /// What [`Simd::store_pairs`] wrote.
    fn load_pairs(self, from: &[u8]) -> Self::Pairs;
    /// The first (`which` is 0) or second number of each pair, as [`Simd::add_scaled`] wants it.
    fn scales(self, pairs: Self::Pairs, which: usize) -> Self::Pairs;
    /// Sums of nothing.
    fn scaled_zero(self) -> Self::Scaled;
    /// Add the sum of each lane, of codes of at most 6 bits, times the scale of its row.
    fn add_scaled(
        self,
        bits: u32,
        sums: Self::Scaled,
        dot: Self::Dot,
        scales: Self::Pairs,
    ) -> Self::Scaled;
    /// The sums as f32, rounded to nearest.
    fn scaled_to_f32(self, v: Self::Scaled) -> Self::F32;

    /// Zeros.
    fn zero_i32(self) -> Self::I32;
    /// `a + b`.
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// Integers as f32, rounded to nearest.
    fn to_f32(self, v: Self::I32) -> Self::F32;
}

/// A computation that is compiled for every instruction set.
///
/// Closures that use vectors must not stand in it: they cannot be forced inline, and outside of the function that has
/// the instruction set switched on every vector operation is a call.
pub trait Kernel {
    /// What it gives back.
    type Output;
    /// The computation. Mark the implementation `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
