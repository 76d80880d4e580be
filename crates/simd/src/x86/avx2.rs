//! AVX2 with FMA and F16C: eight lanes.
//!
//! Every `unsafe` block here rests on one fact: an [`Avx2`] exists only where [`Avx2::detect`] found the three
//! features, so the instructions exist. Loads and stores go through array references of the vector's size.

use std::arch::x86_64::*;

use super::{chunk, chunk_mut};
use crate::exp::ROUND;
use crate::token::{Kernel, Simd};

/// x86-64 with AVX2, FMA and F16C, eight lanes.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The token, if this machine has the instructions. The answer is cached: a call costs a load or two.
    #[inline]
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        found.then_some(Avx2(()))
    }

    /// Run `kernel` with the instructions switched on.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn trampoline<K: Kernel>(token: Avx2, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: `self` proves that the features exist.
        unsafe { trampoline(self, kernel) }
    }
}

/// Use intrinsics where an [`Avx2`] is at hand.
macro_rules! avx2 {
    ($token:expr, $body:expr) => {{
        let _: Avx2 = $token;
        // SAFETY: the token proves that the features exist, and the pointers in `$body` come from references to
        // arrays of the size that is read or written.
        #[allow(clippy::macro_metavars_in_unsafe, reason = "the macro is private to this file")]
        unsafe {
            $body
        }
    }};
}

impl Avx2 {
    /// Sums of adjacent products of unsigned codes and signed activations, 16 bits each.
    #[inline(always)]
    fn pairs(self, codes: __m256i, activations: __m256i) -> __m256i {
        avx2!(self, _mm256_maddubs_epi16(codes, activations))
    }

    /// `|code|`, unsigned, and the activation with the code's sign: they have the same product.
    #[inline(always)]
    pub(super) fn move_sign(self, code: __m256i, activation: __m256i) -> [__m256i; 2] {
        avx2!(
            self,
            [_mm256_abs_epi8(code), _mm256_sign_epi8(activation, code)]
        )
    }

    /// The first (`which` is 0) or second number of each pair as f32, by its bits.
    #[inline(always)]
    pub(super) fn pairs_to_f32(self, pairs: __m256i, which: usize) -> __m256i {
        avx2!(self, {
            let pairs = if which == 0 {
                _mm256_slli_epi32::<16>(pairs)
            } else {
                pairs
            };
            let numbers = _mm256_srai_epi32::<16>(pairs);
            _mm256_castps_si256(_mm256_cvtepi32_ps(numbers))
        })
    }

    /// The f32 of these bits.
    #[inline(always)]
    pub(super) fn as_floats(self, bits: __m256i) -> __m256 {
        avx2!(self, _mm256_castsi256_ps(bits))
    }

    #[inline(always)]
    pub(super) fn zero(self) -> __m256i {
        avx2!(self, _mm256_setzero_si256())
    }
}

impl Simd for Avx2 {
    type F32 = __m256;
    type I32 = __m256i;
    type I8 = __m256i;
    type Quad = __m256i;
    /// Sums of 16 bits.
    type Dot = __m256i;
    type Scaled = __m256i;
    type Pairs = __m256i;
    const LANES: usize = 8;

    const PREFETCHES: bool = true;
    #[inline(always)]
    fn prefetch(self, at: &u8) {
        avx2!(
            self,
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(at).cast())
        );
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        avx2!(self, _mm256_set1_ps(x))
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> __m256 {
        let from: &[f32; 8] = chunk(from);
        avx2!(self, _mm256_loadu_ps(from.as_ptr()))
    }
    #[inline(always)]
    fn load_partial(self, from: &[f32]) -> __m256 {
        let mut all = [0.0; 8];
        let n = from.len().min(8);
        all[..n].copy_from_slice(&from[..n]);
        self.load(&all)
    }
    #[inline(always)]
    fn store(self, v: __m256, to: &mut [f32]) {
        let to: &mut [f32; 8] = chunk_mut(to);
        avx2!(self, _mm256_storeu_ps(to.as_mut_ptr(), v));
    }
    #[inline(always)]
    fn store_partial(self, v: __m256, to: &mut [f32]) {
        let mut all = [0.0; 8];
        self.store(v, &mut all);
        let n = to.len().min(8);
        to[..n].copy_from_slice(&all[..n]);
    }
    #[inline(always)]
    fn load_f16(self, from: &[u16]) -> __m256 {
        let from: &[u16; 8] = chunk(from);
        avx2!(self, _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().cast())))
    }
    #[inline(always)]
    fn splat_f16(self, bits: u16) -> __m256 {
        avx2!(self, _mm256_cvtph_ps(_mm_set1_epi16(bits as i16)))
    }
    #[inline(always)]
    fn load_i8(self, from: &[u8]) -> [__m256; 2] {
        let from: &[u8; 16] = chunk(from);
        avx2!(self, {
            let bytes = _mm_loadu_si128(from.as_ptr().cast());
            let upper = _mm_unpackhi_epi64(bytes, bytes);
            [
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(upper)),
            ]
        })
    }
    #[inline(always)]
    fn load_f16_bytes(self, from: &[u8]) -> __m256 {
        let from: &[u8; 16] = chunk(from);
        avx2!(self, _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().cast())))
    }
    #[inline(always)]
    fn load_bf16_bytes(self, from: &[u8]) -> __m256 {
        let from: &[u8; 16] = chunk(from);
        avx2!(self, {
            let halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.as_ptr().cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(halves))
        })
    }
    #[inline(always)]
    fn store_f16(self, v: __m256, to: &mut [u16]) {
        let to: &mut [u16; 8] = chunk_mut(to);
        avx2!(
            self,
            _mm_storeu_si128(
                to.as_mut_ptr().cast(),
                _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(v),
            )
        );
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_div_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        avx2!(self, _mm256_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_max_ps(a, b))
    }
    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        avx2!(self, _mm256_min_ps(a, b))
    }
    #[inline(always)]
    fn sum(self, v: __m256) -> f32 {
        avx2!(self, {
            let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        })
    }
    #[inline(always)]
    fn sum4(self, [a, b, c, d]: [__m256; 4]) -> [f32; 4] {
        let mut sums = [0.0; 4];
        avx2!(self, {
            let pairs = [_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d)];
            let halves = _mm256_hadd_ps(pairs[0], pairs[1]);
            let high = _mm256_extractf128_ps::<1>(halves);
            let all = _mm_add_ps(_mm256_castps256_ps128(halves), high);
            _mm_storeu_ps(sums.as_mut_ptr(), all);
        });
        sums
    }
    #[inline(always)]
    fn max_lane(self, v: __m256) -> f32 {
        avx2!(self, {
            let four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        })
    }
    #[inline(always)]
    fn pow2(self, v: __m256) -> __m256 {
        avx2!(self, {
            let bits = _mm256_castps_si256(_mm256_add_ps(v, _mm256_set1_ps(ROUND)));
            let one = _mm256_set1_epi32(127 << 23);
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32::<23>(bits), one))
        })
    }

    /// Nothing to do: these minima and maxima keep the second operand where one is NaN.
    #[inline(always)]
    fn keep_nan(self, _: __m256, result: __m256) -> __m256 {
        result
    }

    #[inline(always)]
    fn splat_code(self, code: u8) -> __m256i {
        avx2!(self, _mm256_set1_epi8(code as i8))
    }
    #[inline(always)]
    fn load_codes(self, from: &[u8]) -> __m256i {
        let from: &[u8; 32] = chunk(from);
        avx2!(self, _mm256_loadu_si256(from.as_ptr().cast()))
    }
    #[inline(always)]
    fn load_quad(self, from: &[u8]) -> __m256i {
        let quad = i32::from_ne_bytes(*chunk(from));
        avx2!(self, _mm256_set1_epi32(quad))
    }
    #[inline(always)]
    fn table(self, from: &[u8; 16]) -> __m256i {
        avx2!(
            self,
            _mm256_broadcastsi128_si256(_mm_loadu_si128(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn look_up(self, table: __m256i, codes: __m256i) -> __m256i {
        avx2!(self, _mm256_shuffle_epi8(table, codes))
    }
    #[inline(always)]
    fn and(self, a: __m256i, b: __m256i) -> __m256i {
        avx2!(self, _mm256_and_si256(a, b))
    }
    #[inline(always)]
    fn or(self, a: __m256i, b: __m256i) -> __m256i {
        avx2!(self, _mm256_or_si256(a, b))
    }
    #[inline(always)]
    fn shift_left(self, v: __m256i, n: u32) -> __m256i {
        avx2!(self, _mm256_sll_epi16(v, _mm_cvtsi32_si128(n as i32)))
    }
    #[inline(always)]
    fn shift_right(self, v: __m256i, n: u32) -> __m256i {
        avx2!(self, _mm256_srl_epi16(v, _mm_cvtsi32_si128(n as i32)))
    }

    #[inline(always)]
    fn store_codes(self, v: __m256i, to: &mut [u8]) {
        let to: &mut [u8; 32] = chunk_mut(to);
        avx2!(self, _mm256_storeu_si256(to.as_mut_ptr().cast(), v));
    }

    #[inline(always)]
    fn dot_zero(self) -> __m256i {
        self.zero()
    }

    /// `pairs` adds two products to 16 bits. As much as fits there is added up: of 4-bit codes all eight vectors
    /// (`16 * 15 * 127 = 30480`), of 5-bit ones four (`8 * 31 * 127 = 31496`), of 6-bit ones two, of signed ones one
    /// (`2 * 128 * 127 = 32512`).
    #[inline(always)]
    fn room(bits: u32) -> usize {
        match bits {
            0..=4 => 8,
            5 => 4,
            6 => 2,
            _ => 1,
        }
    }
    #[inline(always)]
    fn dot_codes(self, bits: u32, sums: __m256i, codes: __m256i, quad: __m256i) -> __m256i {
        let pairs = if bits == 8 {
            let [magnitude, signed] = self.move_sign(codes, quad);
            self.pairs(magnitude, signed)
        } else {
            self.pairs(codes, quad)
        };
        avx2!(self, _mm256_add_epi16(sums, pairs))
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: __m256i) -> __m256i {
        avx2!(self, _mm256_madd_epi16(sums, _mm256_set1_epi16(1)))
    }
    #[inline(always)]
    fn widen_pairs(self, from: &[u8]) -> __m256i {
        let from: &[u8; 16] = chunk(from);
        avx2!(
            self,
            _mm256_cvtepi8_epi16(_mm_loadu_si128(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn widen_nibble_pairs(self, from: &[u8]) -> [__m256i; 2] {
        let from: &[u8; 16] = chunk(from);
        avx2!(self, {
            let bytes = _mm256_cvtepu8_epi16(_mm_loadu_si128(from.as_ptr().cast()));
            let low = _mm256_and_si256(bytes, _mm256_set1_epi16(15));
            [low, _mm256_srli_epi16::<4>(bytes)]
        })
    }
    #[inline(always)]
    fn load_pair(self, from: &[u8]) -> __m256i {
        self.load_quad(from)
    }
    #[inline(always)]
    fn add_pairs(self, sums: __m256i, a: __m256i, b: __m256i) -> __m256i {
        avx2!(self, _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)))
    }
    #[inline(always)]
    fn store_pairs(self, pairs: __m256i, to: &mut [u8]) {
        self.store_codes(pairs, to);
    }
    #[inline(always)]
    fn load_pairs(self, from: &[u8]) -> __m256i {
        self.load_codes(from)
    }
    /// The number twice, to meet the two sums of 16 bits that a lane has.
    #[inline(always)]
    fn scales(self, pairs: __m256i, which: usize) -> __m256i {
        avx2!(self, {
            if which == 0 {
                let low = _mm256_shufflelo_epi16::<0b10_10_00_00>(pairs);
                _mm256_shufflehi_epi16::<0b10_10_00_00>(low)
            } else {
                let low = _mm256_shufflelo_epi16::<0b11_11_01_01>(pairs);
                _mm256_shufflehi_epi16::<0b11_11_01_01>(low)
            }
        })
    }
    #[inline(always)]
    fn scaled_zero(self) -> __m256i {
        self.zero()
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: __m256i, dot: __m256i, scales: __m256i) -> __m256i {
        self.add_pairs(sums, dot, scales)
    }
    #[inline(always)]
    fn scaled_to_f32(self, v: __m256i) -> __m256 {
        self.to_f32(v)
    }
    #[inline(always)]
    fn zero_i32(self) -> __m256i {
        self.zero()
    }
    #[inline(always)]
    fn add_i32(self, a: __m256i, b: __m256i) -> __m256i {
        avx2!(self, _mm256_add_epi32(a, b))
    }
    #[inline(always)]
    fn to_f32(self, v: __m256i) -> __m256 {
        avx2!(self, _mm256_cvtepi32_ps(v))
    }
}
