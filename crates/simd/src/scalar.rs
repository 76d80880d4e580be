//! Plain Rust: the yardstick for the other tokens, and the way where none of them runs.

use crate::exp::ROUND;
use crate::f16;
use crate::token::Simd;

/// Plain Rust, four lanes.
#[derive(Clone, Copy, Debug)]
pub struct Scalar(());

impl Scalar {
    /// The token: plain Rust runs everywhere.
    #[allow(
        clippy::new_without_default,
        reason = "the tokens of other instruction sets have no default"
    )]
    pub fn new() -> Self {
        Scalar(())
    }
}

const LANES: usize = 4;
type F32 = [f32; LANES];
type I32 = [i32; LANES];
type Bytes = [u8; 4 * LANES];

#[inline(always)]
fn map<T: Copy, R: Copy + Default, const N: usize>(a: [T; N], f: impl Fn(T) -> R) -> [R; N] {
    let mut out = [R::default(); N];
    for (out, a) in out.iter_mut().zip(a) {
        *out = f(a);
    }
    out
}

#[inline(always)]
fn zip<T: Copy + Default, const N: usize>(a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    let mut out = [T::default(); N];
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = f(a, b);
    }
    out
}

#[inline(always)]
fn first<T: Copy, const N: usize>(from: &[T]) -> [T; N] {
    *from.first_chunk().expect("the slice holds a vector")
}

/// Add the products of each lane's four codes and activations, codes extended by `extend`.
impl Simd for Scalar {
    type F32 = F32;
    type I32 = I32;
    type I8 = Bytes;
    type Quad = Bytes;
    type Dot = I32;
    type Scaled = I32;
    type Pairs = [[i16; 2]; LANES];
    const LANES: usize = LANES;

    #[inline(always)]
    fn splat(self, x: f32) -> F32 {
        [x; LANES]
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> F32 {
        first(from)
    }
    #[inline(always)]
    fn load_partial(self, from: &[f32]) -> F32 {
        let mut v = [0.0; LANES];
        for (v, x) in v.iter_mut().zip(from) {
            *v = *x;
        }
        v
    }
    #[inline(always)]
    fn store(self, v: F32, to: &mut [f32]) {
        to[..LANES].copy_from_slice(&v);
    }
    #[inline(always)]
    fn store_partial(self, v: F32, to: &mut [f32]) {
        for (to, v) in to.iter_mut().zip(v) {
            *to = v;
        }
    }
    #[inline(always)]
    fn load_f16(self, from: &[u16]) -> F32 {
        map(first(from), f16::to_f32)
    }
    #[inline(always)]
    fn load_i8(self, from: &[u8]) -> [F32; 2] {
        [from, &from[LANES..]].map(|from| map(first(from), |byte: u8| f32::from(byte as i8)))
    }
    #[inline(always)]
    fn load_f16_bytes(self, from: &[u8]) -> F32 {
        let bytes: [u8; 2 * LANES] = first(from);
        let mut v = [0.0; LANES];
        for (v, pair) in v.iter_mut().zip(bytes.chunks_exact(2)) {
            *v = f16::to_f32(u16::from_le_bytes(first(pair)));
        }
        v
    }
    #[inline(always)]
    fn load_bf16_bytes(self, from: &[u8]) -> F32 {
        let bytes: [u8; 2 * LANES] = first(from);
        let mut v = [0.0; LANES];
        for (v, pair) in v.iter_mut().zip(bytes.chunks_exact(2)) {
            *v = f32::from_bits(u32::from(u16::from_le_bytes(first(pair))) << 16);
        }
        v
    }
    #[inline(always)]
    fn store_f16(self, v: F32, to: &mut [u16]) {
        to[..LANES].copy_from_slice(&map(v, f16::from_f32));
    }
    #[inline(always)]
    fn add(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn mul_add(self, a: F32, b: F32, c: F32) -> F32 {
        self.add(self.mul(a, b), c)
    }
    #[inline(always)]
    fn max(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: F32, b: F32) -> F32 {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sum(self, v: F32) -> f32 {
        (v[0] + v[1]) + (v[2] + v[3])
    }
    #[inline(always)]
    fn max_lane(self, v: F32) -> f32 {
        v[0].max(v[1]).max(v[2].max(v[3]))
    }
    #[inline(always)]
    fn pow2(self, v: F32) -> F32 {
        map(v, |v| {
            f32::from_bits(((v + ROUND).to_bits() << 23).wrapping_add(127 << 23))
        })
    }

    #[inline(always)]
    fn keep_nan(self, v: F32, result: F32) -> F32 {
        std::array::from_fn(|i| if v[i].is_nan() { v[i] } else { result[i] })
    }

    #[inline(always)]
    fn splat_code(self, code: u8) -> Bytes {
        [code; 4 * LANES]
    }
    #[inline(always)]
    fn load_codes(self, from: &[u8]) -> Bytes {
        first(from)
    }
    #[inline(always)]
    fn load_quad(self, from: &[u8]) -> Bytes {
        let quad: [u8; 4] = first(from);
        let mut v = [0; 4 * LANES];
        for lane in v.chunks_exact_mut(4) {
            lane.copy_from_slice(&quad);
        }
        v
    }
    #[inline(always)]
    fn table(self, from: &[u8; 16]) -> Bytes {
        *from
    }
    #[inline(always)]
    fn look_up(self, table: Bytes, codes: Bytes) -> Bytes {
        map(codes, |code| table[usize::from(code & 15)])
    }
    #[inline(always)]
    fn and(self, a: Bytes, b: Bytes) -> Bytes {
        zip(a, b, |a, b| a & b)
    }
    #[inline(always)]
    fn or(self, a: Bytes, b: Bytes) -> Bytes {
        zip(a, b, |a, b| a | b)
    }
    #[inline(always)]
    fn shift_left(self, v: Bytes, n: u32) -> Bytes {
        map(v, |v| v << n)
    }
    #[inline(always)]
    fn shift_right(self, v: Bytes, n: u32) -> Bytes {
        map(v, |v| v >> n)
    }

    #[inline(always)]
    fn dot_zero(self) -> I32 {
        [0; LANES]
    }
    #[inline(always)]
    fn dot_codes(self, bits: u32, sums: I32, codes: Bytes, quad: Bytes) -> I32 {
        let mut sums = sums;
        let lanes = codes.chunks_exact(4).zip(quad.chunks_exact(4));
        for (sum, (codes, activations)) in sums.iter_mut().zip(lanes) {
            for (&code, &activation) in codes.iter().zip(activations) {
                let code = if bits == 8 {
                    i32::from(code as i8)
                } else {
                    i32::from(code)
                };
                *sum += code * i32::from(activation as i8);
            }
        }
        sums
    }
    #[inline(always)]
    fn dot_sum(self, _: u32, sums: I32) -> I32 {
        sums
    }
    #[inline(always)]
    fn store_codes(self, v: Bytes, to: &mut [u8]) {
        to[..4 * LANES].copy_from_slice(&v);
    }
    #[inline(always)]
    fn widen_pairs(self, from: &[u8]) -> Self::Pairs {
        let bytes: [u8; 2 * LANES] = first(from);
        let mut pairs = [[0; 2]; LANES];
        for (pair, bytes) in pairs.iter_mut().zip(bytes.chunks_exact(2)) {
            *pair = [bytes[0], bytes[1]].map(|byte| i16::from(byte as i8));
        }
        pairs
    }
    #[inline(always)]
    fn widen_nibble_pairs(self, from: &[u8]) -> [Self::Pairs; 2] {
        let bytes: [u8; 2 * LANES] = first(from);
        [
            self.widen_pairs(&bytes.map(|byte| byte & 15)),
            self.widen_pairs(&bytes.map(|byte| byte >> 4)),
        ]
    }
    #[inline(always)]
    fn load_pair(self, from: &[u8]) -> Self::Pairs {
        let [a, b, c, d] = first(from);
        [[i16::from_ne_bytes([a, b]), i16::from_ne_bytes([c, d])]; LANES]
    }
    #[inline(always)]
    fn add_pairs(self, sums: I32, a: Self::Pairs, b: Self::Pairs) -> I32 {
        let mut sums = sums;
        for (sum, (a, b)) in sums.iter_mut().zip(a.into_iter().zip(b)) {
            *sum += i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1]);
        }
        sums
    }
    #[inline(always)]
    fn store_pairs(self, pairs: Self::Pairs, to: &mut [u8]) {
        for (pair, to) in pairs.into_iter().zip(to.chunks_exact_mut(4)) {
            self.store_pair(pair, to);
        }
    }
    #[inline(always)]
    fn load_pairs(self, from: &[u8]) -> Self::Pairs {
        let mut pairs = [[0; 2]; LANES];
        for (pair, from) in pairs.iter_mut().zip(from.chunks_exact(4)) {
            *pair = self.load_pair(from)[0];
        }
        pairs
    }
    #[inline(always)]
    fn scales(self, pairs: Self::Pairs, which: usize) -> Self::Pairs {
        pairs.map(|pair| [pair[which]; 2])
    }
    #[inline(always)]
    fn scaled_zero(self) -> I32 {
        [0; LANES]
    }
    #[inline(always)]
    fn add_scaled(self, _: u32, sums: I32, dot: I32, scales: Self::Pairs) -> I32 {
        let mut sums = sums;
        for (sum, (dot, [scale, _])) in sums.iter_mut().zip(dot.into_iter().zip(scales)) {
            *sum += dot * i32::from(scale);
        }
        sums
    }
    #[inline(always)]
    fn scaled_to_f32(self, v: I32) -> F32 {
        self.to_f32(v)
    }
    #[inline(always)]
    fn zero_i32(self) -> I32 {
        [0; LANES]
    }
    #[inline(always)]
    fn add_i32(self, a: I32, b: I32) -> I32 {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn to_f32(self, v: I32) -> F32 {
        map(v, |v| v as f32)
    }
}
