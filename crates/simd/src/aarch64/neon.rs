//! NEON with the dot product instructions: four lanes.
//!
//! Every `unsafe` block here rests on one fact: a [`Neon`] exists only where [`Neon::detect`] found both features, so
//! the instructions exist. Loads and stores go through array references of the vector's size.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

use crate::exp::ROUND;
use crate::token::{Kernel, Simd};

/// 64-bit ARM with NEON and its dot products, four lanes.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// The token, if this machine has the instructions. The answer is cached: a call costs a load or two.
    #[inline]
    pub fn detect() -> Option<Self> {
        let found = is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod");
        found.then_some(Neon(()))
    }

    /// Run `kernel` with the instructions switched on.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "neon,dotprod")]
        fn trampoline<K: Kernel>(token: Neon, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: `self` proves that the features exist.
        unsafe { trampoline(self, kernel) }
    }
}

/// Use intrinsics where a [`Neon`] is at hand.
macro_rules! neon {
    ($token:expr, $body:expr) => {{
        let _: Neon = $token;
        // SAFETY: the token proves that the features exist, and the pointers in `$body` come from references to
        // arrays of the size that is read or written.
        #[allow(clippy::macro_metavars_in_unsafe, reason = "the macro is private to this file")]
        unsafe {
            $body
        }
    }};
}

#[inline(always)]
fn chunk<T, const N: usize>(from: &[T]) -> &[T; N] {
    from.first_chunk().expect("the slice holds a vector")
}

#[inline(always)]
fn chunk_mut<T, const N: usize>(to: &mut [T]) -> &mut [T; N] {
    to.first_chunk_mut().expect("the slice holds a vector")
}

/// Add the products of four signed bytes to each lane. The intrinsic `vdotq_s32` is not stable.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sdot(sums: int32x4_t, codes: uint8x16_t, activations: uint8x16_t) -> int32x4_t {
    let mut sums = sums;
    // SAFETY: the function has the instruction switched on; it reads and writes these registers only.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {codes:v}.16b, {activations:v}.16b",
            sums = inout(vreg) sums,
            codes = in(vreg) codes,
            activations = in(vreg) activations,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

impl Simd for Neon {
    type F32 = float32x4_t;
    type I32 = int32x4_t;
    type I8 = uint8x16_t;
    type Quad = uint8x16_t;
    type Dot = int32x4_t;
    type Scaled = int32x4_t;
    type Pairs = int16x8_t;
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        neon!(self, vdupq_n_f32(x))
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> float32x4_t {
        let from: &[f32; 4] = chunk(from);
        neon!(self, vld1q_f32(from.as_ptr()))
    }
    #[inline(always)]
    fn load_partial(self, from: &[f32]) -> float32x4_t {
        let mut all = [0.0; 4];
        let n = from.len().min(4);
        all[..n].copy_from_slice(&from[..n]);
        self.load(&all)
    }
    #[inline(always)]
    fn store(self, v: float32x4_t, to: &mut [f32]) {
        let to: &mut [f32; 4] = chunk_mut(to);
        neon!(self, vst1q_f32(to.as_mut_ptr(), v));
    }
    #[inline(always)]
    fn store_partial(self, v: float32x4_t, to: &mut [f32]) {
        let mut all = [0.0; 4];
        self.store(v, &mut all);
        let n = to.len().min(4);
        to[..n].copy_from_slice(&all[..n]);
    }
    #[inline(always)]
    fn load_f16(self, from: &[u16]) -> float32x4_t {
        let from: &[u16; 4] = chunk(from);
        neon!(
            self,
            vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from.as_ptr())))
        )
    }
    #[inline(always)]
    fn load_i8(self, from: &[u8]) -> [float32x4_t; 2] {
        let bytes: [u8; 8] = *chunk(from);
        neon!(self, {
            let halves = vmovl_s8(vcreate_s8(u64::from_le_bytes(bytes)));
            [
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(halves))),
                vcvtq_f32_s32(vmovl_high_s16(halves)),
            ]
        })
    }
    #[inline(always)]
    fn splat_f16(self, bits: u16) -> float32x4_t {
        neon!(self, vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))))
    }
    #[inline(always)]
    fn load_f16_bytes(self, from: &[u8]) -> float32x4_t {
        let from: &[u8; 8] = chunk(from);
        neon!(
            self,
            vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from.as_ptr())))
        )
    }
    #[inline(always)]
    fn load_bf16_bytes(self, from: &[u8]) -> float32x4_t {
        let from: &[u8; 8] = chunk(from);
        neon!(self, {
            let halves = vreinterpret_u16_u8(vld1_u8(from.as_ptr()));
            vreinterpretq_f32_u32(vshll_n_u16::<16>(halves))
        })
    }
    #[inline(always)]
    fn store_f16(self, v: float32x4_t, to: &mut [u16]) {
        let to: &mut [u16; 4] = chunk_mut(to);
        neon!(
            self,
            vst1_u16(to.as_mut_ptr(), vreinterpret_u16_f16(vcvt_f16_f32(v)))
        );
    }
    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vaddq_f32(a, b))
    }
    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vsubq_f32(a, b))
    }
    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vmulq_f32(a, b))
    }
    #[inline(always)]
    fn div(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vdivq_f32(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        neon!(self, vfmaq_f32(c, a, b))
    }
    /// By comparison: `fmax` gives NaN where either is NaN.
    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vbslq_f32(vcgtq_f32(a, b), a, b))
    }
    /// By comparison: `fmin` gives NaN where either is NaN.
    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        neon!(self, vbslq_f32(vcltq_f32(a, b), a, b))
    }
    #[inline(always)]
    fn sum(self, v: float32x4_t) -> f32 {
        neon!(self, vaddvq_f32(v))
    }
    #[inline(always)]
    fn sum4(self, [a, b, c, d]: [float32x4_t; 4]) -> [f32; 4] {
        let mut sums = [0.0; 4];
        neon!(self, {
            let all = vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d));
            vst1q_f32(sums.as_mut_ptr(), all);
        });
        sums
    }
    #[inline(always)]
    fn max_lane(self, v: float32x4_t) -> f32 {
        neon!(self, vmaxvq_f32(v))
    }
    #[inline(always)]
    fn pow2(self, v: float32x4_t) -> float32x4_t {
        neon!(self, {
            let bits = vreinterpretq_s32_f32(vaddq_f32(v, vdupq_n_f32(ROUND)));
            let one = vdupq_n_s32(127 << 23);
            vreinterpretq_f32_s32(vaddq_s32(vshlq_n_s32::<23>(bits), one))
        })
    }

    /// Nothing to do: these minima and maxima keep the second operand where one is NaN.
    #[inline(always)]
    fn keep_nan(self, _: float32x4_t, result: float32x4_t) -> float32x4_t {
        result
    }

    #[inline(always)]
    fn splat_code(self, code: u8) -> uint8x16_t {
        neon!(self, vdupq_n_u8(code))
    }
    #[inline(always)]
    fn load_codes(self, from: &[u8]) -> uint8x16_t {
        let from: &[u8; 16] = chunk(from);
        neon!(self, vld1q_u8(from.as_ptr()))
    }
    #[inline(always)]
    fn load_quad(self, from: &[u8]) -> uint8x16_t {
        let quad = u32::from_le_bytes(*chunk(from));
        neon!(self, vreinterpretq_u8_u32(vdupq_n_u32(quad)))
    }
    #[inline(always)]
    fn table(self, from: &[u8; 16]) -> uint8x16_t {
        self.load_codes(from)
    }
    #[inline(always)]
    fn look_up(self, table: uint8x16_t, codes: uint8x16_t) -> uint8x16_t {
        neon!(self, vqtbl1q_u8(table, codes))
    }
    #[inline(always)]
    fn and(self, a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        neon!(self, vandq_u8(a, b))
    }
    #[inline(always)]
    fn or(self, a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        neon!(self, vorrq_u8(a, b))
    }
    #[inline(always)]
    fn shift_left(self, v: uint8x16_t, n: u32) -> uint8x16_t {
        neon!(self, vshlq_u8(v, vdupq_n_s8(n as i8)))
    }
    /// A shift left by a negative number: NEON's way to shift right by a variable.
    #[inline(always)]
    fn shift_right(self, v: uint8x16_t, n: u32) -> uint8x16_t {
        neon!(self, vshlq_u8(v, vdupq_n_s8(-(n as i8))))
    }

    #[inline(always)]
    fn dot_zero(self) -> int32x4_t {
        neon!(self, vdupq_n_s32(0))
    }

    #[inline(always)]
    fn store_codes(self, v: uint8x16_t, to: &mut [u8]) {
        let to: &mut [u8; 16] = chunk_mut(to);
        neon!(self, vst1q_u8(to.as_mut_ptr(), v));
    }

    /// Codes below 64 are the same signed and unsigned, so one instruction serves both.
    #[inline(always)]
    fn dot_codes(self, _: u32, sums: int32x4_t, codes: uint8x16_t, quad: uint8x16_t) -> int32x4_t {
        neon!(self, sdot(sums, codes, quad))
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: int32x4_t) -> int32x4_t {
        sums
    }
    #[inline(always)]
    fn widen_pairs(self, from: &[u8]) -> int16x8_t {
        let from: &[u8; 8] = chunk(from);
        neon!(self, vmovl_s8(vreinterpret_s8_u8(vld1_u8(from.as_ptr()))))
    }
    #[inline(always)]
    fn widen_nibble_pairs(self, from: &[u8]) -> [int16x8_t; 2] {
        let from: &[u8; 8] = chunk(from);
        neon!(self, {
            let bytes = vld1_u8(from.as_ptr());
            let low = vmovl_u8(vand_u8(bytes, vdup_n_u8(15)));
            let high = vmovl_u8(vshr_n_u8::<4>(bytes));
            [vreinterpretq_s16_u16(low), vreinterpretq_s16_u16(high)]
        })
    }
    #[inline(always)]
    fn load_pair(self, from: &[u8]) -> int16x8_t {
        let pair = u32::from_le_bytes(*chunk(from));
        neon!(self, vreinterpretq_s16_u32(vdupq_n_u32(pair)))
    }
    #[inline(always)]
    fn add_pairs(self, sums: int32x4_t, a: int16x8_t, b: int16x8_t) -> int32x4_t {
        neon!(self, {
            let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
            let high = vmull_high_s16(a, b);
            vaddq_s32(sums, vpaddq_s32(low, high))
        })
    }
    #[inline(always)]
    fn store_pairs(self, pairs: int16x8_t, to: &mut [u8]) {
        self.store_codes(neon!(self, vreinterpretq_u8_s16(pairs)), to);
    }
    #[inline(always)]
    fn load_pairs(self, from: &[u8]) -> int16x8_t {
        let bytes = self.load_codes(from);
        neon!(self, vreinterpretq_s16_u8(bytes))
    }
    /// The number as 32 bits.
    #[inline(always)]
    fn scales(self, pairs: int16x8_t, which: usize) -> int16x8_t {
        neon!(self, {
            let pairs = vreinterpretq_s32_s16(pairs);
            let pairs = if which == 0 {
                vshlq_n_s32::<16>(pairs)
            } else {
                pairs
            };
            vreinterpretq_s16_s32(vshrq_n_s32::<16>(pairs))
        })
    }
    #[inline(always)]
    fn scaled_zero(self) -> int32x4_t {
        neon!(self, vdupq_n_s32(0))
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: int32x4_t, dot: int32x4_t, scales: int16x8_t) -> int32x4_t {
        neon!(self, vmlaq_s32(sums, dot, vreinterpretq_s32_s16(scales)))
    }
    #[inline(always)]
    fn scaled_to_f32(self, v: int32x4_t) -> float32x4_t {
        self.to_f32(v)
    }
    #[inline(always)]
    fn zero_i32(self) -> int32x4_t {
        neon!(self, vdupq_n_s32(0))
    }
    #[inline(always)]
    fn add_i32(self, a: int32x4_t, b: int32x4_t) -> int32x4_t {
        neon!(self, vaddq_s32(a, b))
    }
    #[inline(always)]
    fn to_f32(self, v: int32x4_t) -> float32x4_t {
        neon!(self, vcvtq_f32_s32(v))
    }
}
