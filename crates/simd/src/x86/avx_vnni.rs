//! AVX-VNNI: what [`Avx2`] does, and one instruction for four products of bytes.

use std::arch::x86_64::*;

use super::Avx2;
use crate::token::{Kernel, Simd};

/// x86-64 with AVX-VNNI beside AVX2, FMA and F16C, eight lanes.
#[derive(Clone, Copy, Debug)]
pub struct AvxVnni(Avx2);

impl AvxVnni {
    /// The token, if this machine has the instructions. The answer is cached: a call costs a few loads.
    #[inline]
    pub fn detect() -> Option<Self> {
        let avx2 = Avx2::detect()?;
        is_x86_feature_detected!("avxvnni").then_some(AvxVnni(avx2))
    }

    /// Run `kernel` with the instructions switched on.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
        fn trampoline<K: Kernel>(token: AvxVnni, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: `self` proves that the features exist.
        unsafe { trampoline(self, kernel) }
    }

    /// Add the products of four unsigned codes and four signed activations to each lane. They are added to 32 bits
    /// within the instruction, so nothing can overflow on the way.
    #[inline(always)]
    fn dot(self, sums: __m256i, codes: __m256i, activations: __m256i) -> __m256i {
        // SAFETY: `self` proves that the feature exists.
        unsafe { _mm256_dpbusd_avx_epi32(sums, codes, activations) }
    }
}

/// Methods that are those of the [`Avx2`] within: also those that [`Simd`] has a default for.
macro_rules! as_avx2 {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $out:ty)?;)*) => {$(
        #[inline(always)]
        fn $name(self, $($arg: $type),*) $(-> $out)? {
            self.0.$name($($arg),*)
        }
    )*};
}

impl Simd for AvxVnni {
    type F32 = __m256;
    type I32 = __m256i;
    type I8 = __m256i;
    type Quad = __m256i;
    type Dot = __m256i;
    /// In f32: there is no fast product of 32-bit integers.
    type Scaled = __m256;
    type Pairs = __m256i;
    const LANES: usize = Avx2::LANES;

    const PREFETCHES: bool = true;
    #[inline(always)]
    fn prefetch(self, at: &u8) {
        self.0.prefetch(at);
    }

    as_avx2! {
        splat(x: f32) -> __m256;
        load(from: &[f32]) -> __m256;
        load_partial(from: &[f32]) -> __m256;
        store(v: __m256, to: &mut [f32]);
        store_partial(v: __m256, to: &mut [f32]);
        load_f16(from: &[u16]) -> __m256;
        splat_f16(bits: u16) -> __m256;
        load_i8(from: &[u8]) -> [__m256; 2];
        load_f16_bytes(from: &[u8]) -> __m256;
        load_bf16_bytes(from: &[u8]) -> __m256;
        store_f16(v: __m256, to: &mut [u16]);
        add(a: __m256, b: __m256) -> __m256;
        sub(a: __m256, b: __m256) -> __m256;
        mul(a: __m256, b: __m256) -> __m256;
        div(a: __m256, b: __m256) -> __m256;
        mul_add(a: __m256, b: __m256, c: __m256) -> __m256;
        max(a: __m256, b: __m256) -> __m256;
        min(a: __m256, b: __m256) -> __m256;
        sum(v: __m256) -> f32;
        sum4(v: [__m256; 4]) -> [f32; 4];
        max_lane(v: __m256) -> f32;
        pow2(v: __m256) -> __m256;
        keep_nan(v: __m256, result: __m256) -> __m256;
        splat_code(code: u8) -> __m256i;
        load_codes(from: &[u8]) -> __m256i;
        load_quad(from: &[u8]) -> __m256i;
        table(from: &[u8; 16]) -> __m256i;
        look_up(table: __m256i, codes: __m256i) -> __m256i;
        and(a: __m256i, b: __m256i) -> __m256i;
        or(a: __m256i, b: __m256i) -> __m256i;
        shift_left(v: __m256i, n: u32) -> __m256i;
        shift_right(v: __m256i, n: u32) -> __m256i;
        to_f32(v: __m256i) -> __m256;
        store_codes(v: __m256i, to: &mut [u8]);
        widen_pairs(from: &[u8]) -> __m256i;
        widen_nibble_pairs(from: &[u8]) -> [__m256i; 2];
        load_pair(from: &[u8]) -> __m256i;
        add_pairs(sums: __m256i, a: __m256i, b: __m256i) -> __m256i;
        store_pairs(pairs: __m256i, to: &mut [u8]);
        load_pairs(from: &[u8]) -> __m256i;
        zero_i32() -> __m256i;
        add_i32(a: __m256i, b: __m256i) -> __m256i;
    }

    /// The instruction takes unsigned codes: of signed ones it takes the magnitude, at most 128, and the activation
    /// gets the code's sign.
    #[inline(always)]
    fn dot_codes(self, bits: u32, sums: __m256i, codes: __m256i, quad: __m256i) -> __m256i {
        if bits == 8 {
            let [magnitude, signed] = self.0.move_sign(codes, quad);
            self.dot(sums, magnitude, signed)
        } else {
            self.dot(sums, codes, quad)
        }
    }
    #[inline(always)]
    fn dot_zero(self) -> __m256i {
        self.0.zero()
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: __m256i) -> __m256i {
        sums
    }
    /// The number as f32.
    #[inline(always)]
    fn scales(self, pairs: __m256i, which: usize) -> __m256i {
        self.0.pairs_to_f32(pairs, which)
    }
    #[inline(always)]
    fn scaled_zero(self) -> __m256 {
        self.splat(0.0)
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: __m256, dot: __m256i, scales: __m256i) -> __m256 {
        let dot = self.to_f32(dot);
        self.mul_add(dot, self.0.as_floats(scales), sums)
    }
    #[inline(always)]
    fn scaled_to_f32(self, v: __m256) -> __m256 {
        v
    }
}
