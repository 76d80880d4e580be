//! AVX-512 with VNNI: sixteen lanes, one instruction for four products of bytes.
//!
//! Every `unsafe` block here rests on one fact: an [`Avx512`] exists only where [`Avx512::detect`] found the features,
//! so the instructions exist. Loads and stores go through array references of the vector's size, or leave out by a mask
//! what the slice does not have.

use std::arch::x86_64::*;

use super::{chunk, chunk_mut};
use crate::exp::ROUND;
use crate::token::{Kernel, Simd};

/// x86-64 with AVX-512 (F, BW, DQ, VL, VNNI), sixteen lanes.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// The token, if this machine has the instructions. The answer is cached: a call costs a few loads.
    #[inline]
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        found.then_some(Avx512(()))
    }

    /// Run `kernel` with the instructions switched on.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
        fn trampoline<K: Kernel>(token: Avx512, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: `self` proves that the features exist.
        unsafe { trampoline(self, kernel) }
    }
}

/// Use intrinsics where an [`Avx512`] is at hand.
macro_rules! avx512 {
    ($token:expr, $body:expr) => {{
        let _: Avx512 = $token;
        // SAFETY: the token proves that the features exist, and the pointers in `$body` come from references to
        // arrays of the size that is read or written, or from slices whose length the mask keeps to.
        #[allow(clippy::macro_metavars_in_unsafe, reason = "the macro is private to this file")]
        unsafe {
            $body
        }
    }};
}

/// The lanes that a slice of `len` elements has.
#[inline(always)]
fn first_lanes(len: usize) -> __mmask16 {
    ((1u32 << len.min(16)) - 1) as u16
}

impl Avx512 {
    /// The two halves of a vector, added.
    #[inline(always)]
    fn fold(self, v: __m512) -> __m256 {
        avx512!(
            self,
            _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v))
        )
    }
}

impl Simd for Avx512 {
    type F32 = __m512;
    type I32 = __m512i;
    type I8 = __m512i;
    type Quad = __m512i;
    type Dot = __m512i;
    /// In f32: there is no fast product of 32-bit integers.
    type Scaled = __m512;
    type Pairs = __m512i;
    const LANES: usize = 16;

    #[inline(always)]
    fn block(_: u32) -> [usize; 2] {
        [8, 1]
    }
    const PREFETCHES: bool = true;
    #[inline(always)]
    fn prefetch(self, at: &u8) {
        avx512!(
            self,
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(at).cast())
        );
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        avx512!(self, _mm512_set1_ps(x))
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> __m512 {
        let from: &[f32; 16] = chunk(from);
        avx512!(self, _mm512_loadu_ps(from.as_ptr()))
    }
    #[inline(always)]
    fn load_partial(self, from: &[f32]) -> __m512 {
        let lanes = first_lanes(from.len());
        avx512!(self, _mm512_maskz_loadu_ps(lanes, from.as_ptr()))
    }
    #[inline(always)]
    fn store(self, v: __m512, to: &mut [f32]) {
        let to: &mut [f32; 16] = chunk_mut(to);
        avx512!(self, _mm512_storeu_ps(to.as_mut_ptr(), v));
    }
    #[inline(always)]
    fn store_partial(self, v: __m512, to: &mut [f32]) {
        let lanes = first_lanes(to.len());
        avx512!(self, _mm512_mask_storeu_ps(to.as_mut_ptr(), lanes, v));
    }
    #[inline(always)]
    fn load_f16(self, from: &[u16]) -> __m512 {
        let from: &[u16; 16] = chunk(from);
        avx512!(
            self,
            _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn splat_f16(self, bits: u16) -> __m512 {
        avx512!(self, _mm512_cvtph_ps(_mm256_set1_epi16(bits as i16)))
    }
    #[inline(always)]
    fn load_i8(self, from: &[u8]) -> [__m512; 2] {
        let from: &[u8; 32] = chunk(from);
        avx512!(self, {
            let first = _mm_loadu_si128(from.as_ptr().cast());
            let second = _mm_loadu_si128(from.as_ptr().add(16).cast());
            [
                _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(first)),
                _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(second)),
            ]
        })
    }
    #[inline(always)]
    fn load_f16_bytes(self, from: &[u8]) -> __m512 {
        let from: &[u8; 32] = chunk(from);
        avx512!(
            self,
            _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn load_bf16_bytes(self, from: &[u8]) -> __m512 {
        let from: &[u8; 32] = chunk(from);
        avx512!(self, {
            let halves = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.as_ptr().cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(halves))
        })
    }
    #[inline(always)]
    fn store_f16(self, v: __m512, to: &mut [u16]) {
        let to: &mut [u16; 16] = chunk_mut(to);
        avx512!(
            self,
            _mm256_storeu_si256(
                to.as_mut_ptr().cast(),
                _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(v),
            )
        );
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        avx512!(self, _mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_max_ps(a, b))
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        avx512!(self, _mm512_min_ps(a, b))
    }
    #[inline(always)]
    fn sum(self, v: __m512) -> f32 {
        avx512!(self, _mm512_reduce_add_ps(v))
    }
    #[inline(always)]
    fn sum4(self, [a, b, c, d]: [__m512; 4]) -> [f32; 4] {
        let [a, b, c, d] = [self.fold(a), self.fold(b), self.fold(c), self.fold(d)];
        let mut sums = [0.0; 4];
        avx512!(self, {
            let pairs = [_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d)];
            let halves = _mm256_hadd_ps(pairs[0], pairs[1]);
            let high = _mm256_extractf128_ps::<1>(halves);
            let all = _mm_add_ps(_mm256_castps256_ps128(halves), high);
            _mm_storeu_ps(sums.as_mut_ptr(), all);
        });
        sums
    }
    #[inline(always)]
    fn max_lane(self, v: __m512) -> f32 {
        avx512!(self, _mm512_reduce_max_ps(v))
    }
    #[inline(always)]
    fn pow2(self, v: __m512) -> __m512 {
        avx512!(self, {
            let bits = _mm512_castps_si512(_mm512_add_ps(v, _mm512_set1_ps(ROUND)));
            let one = _mm512_set1_epi32(127 << 23);
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32::<23>(bits), one))
        })
    }

    /// Nothing to do: these minima and maxima keep the second operand where one is NaN.
    #[inline(always)]
    fn keep_nan(self, _: __m512, result: __m512) -> __m512 {
        result
    }

    #[inline(always)]
    fn splat_code(self, code: u8) -> __m512i {
        avx512!(self, _mm512_set1_epi8(code as i8))
    }
    #[inline(always)]
    fn load_codes(self, from: &[u8]) -> __m512i {
        let from: &[u8; 64] = chunk(from);
        avx512!(self, _mm512_loadu_si512(from.as_ptr().cast()))
    }
    #[inline(always)]
    fn load_quad(self, from: &[u8]) -> __m512i {
        let quad = i32::from_ne_bytes(*chunk(from));
        avx512!(self, _mm512_set1_epi32(quad))
    }
    #[inline(always)]
    fn table(self, from: &[u8; 16]) -> __m512i {
        avx512!(
            self,
            _mm512_broadcast_i32x4(_mm_loadu_si128(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn look_up(self, table: __m512i, codes: __m512i) -> __m512i {
        avx512!(self, _mm512_shuffle_epi8(table, codes))
    }
    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        avx512!(self, _mm512_and_si512(a, b))
    }
    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        avx512!(self, _mm512_or_si512(a, b))
    }
    #[inline(always)]
    fn shift_left(self, v: __m512i, n: u32) -> __m512i {
        avx512!(self, _mm512_sll_epi16(v, _mm_cvtsi32_si128(n as i32)))
    }
    #[inline(always)]
    fn shift_right(self, v: __m512i, n: u32) -> __m512i {
        avx512!(self, _mm512_srl_epi16(v, _mm_cvtsi32_si128(n as i32)))
    }

    #[inline(always)]
    fn dot_zero(self) -> __m512i {
        avx512!(self, _mm512_setzero_si512())
    }

    #[inline(always)]
    fn store_codes(self, v: __m512i, to: &mut [u8]) {
        let to: &mut [u8; 64] = chunk_mut(to);
        avx512!(self, _mm512_storeu_si512(to.as_mut_ptr().cast(), v));
    }

    /// The instruction takes unsigned codes. Of signed ones it takes the magnitude, at most 128, and the activation
    /// gets the code's sign: there is no `vpsignb` of this width, so a mask says where to negate.
    #[inline(always)]
    fn dot_codes(self, bits: u32, sums: __m512i, codes: __m512i, quad: __m512i) -> __m512i {
        avx512!(self, {
            if bits == 8 {
                let negative = _mm512_movepi8_mask(codes);
                let zero = _mm512_setzero_si512();
                let signed = _mm512_mask_sub_epi8(quad, negative, zero, quad);
                _mm512_dpbusd_epi32(sums, _mm512_abs_epi8(codes), signed)
            } else {
                _mm512_dpbusd_epi32(sums, codes, quad)
            }
        })
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: __m512i) -> __m512i {
        sums
    }
    #[inline(always)]
    fn widen_pairs(self, from: &[u8]) -> __m512i {
        let from: &[u8; 32] = chunk(from);
        avx512!(
            self,
            _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.as_ptr().cast()))
        )
    }
    #[inline(always)]
    fn widen_nibble_pairs(self, from: &[u8]) -> [__m512i; 2] {
        let from: &[u8; 32] = chunk(from);
        avx512!(self, {
            let bytes = _mm512_cvtepu8_epi16(_mm256_loadu_si256(from.as_ptr().cast()));
            let low = _mm512_and_si512(bytes, _mm512_set1_epi16(15));
            [low, _mm512_srli_epi16::<4>(bytes)]
        })
    }
    #[inline(always)]
    fn load_pair(self, from: &[u8]) -> __m512i {
        self.load_quad(from)
    }
    #[inline(always)]
    fn add_pairs(self, sums: __m512i, a: __m512i, b: __m512i) -> __m512i {
        avx512!(self, _mm512_dpwssd_epi32(sums, a, b))
    }
    #[inline(always)]
    fn store_pairs(self, pairs: __m512i, to: &mut [u8]) {
        self.store_codes(pairs, to);
    }
    #[inline(always)]
    fn load_pairs(self, from: &[u8]) -> __m512i {
        self.load_codes(from)
    }
    /// The number as f32.
    #[inline(always)]
    fn scales(self, pairs: __m512i, which: usize) -> __m512i {
        avx512!(self, {
            let pairs = if which == 0 {
                _mm512_slli_epi32::<16>(pairs)
            } else {
                pairs
            };
            let numbers = _mm512_srai_epi32::<16>(pairs);
            _mm512_castps_si512(_mm512_cvtepi32_ps(numbers))
        })
    }
    #[inline(always)]
    fn scaled_zero(self) -> __m512 {
        self.splat(0.0)
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: __m512, dot: __m512i, scales: __m512i) -> __m512 {
        avx512!(
            self,
            _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_castsi512_ps(scales), sums)
        )
    }
    #[inline(always)]
    fn scaled_to_f32(self, v: __m512) -> __m512 {
        v
    }
    #[inline(always)]
    fn zero_i32(self) -> __m512i {
        self.dot_zero()
    }
    #[inline(always)]
    fn add_i32(self, a: __m512i, b: __m512i) -> __m512i {
        avx512!(self, _mm512_add_epi32(a, b))
    }
    #[inline(always)]
    fn to_f32(self, v: __m512i) -> __m512 {
        avx512!(self, _mm512_cvtepi32_ps(v))
    }
}
