//! Types whose blocks are single numbers.

use hearth_simd::Simd;

use super::Decode;

/// f32, copied.
pub(super) struct F32;

impl Decode for F32 {
    #[inline(always)]
    fn decode<S: Simd>(_: S, bytes: &[u8], out: &mut [f32]) {
        let (words, _) = bytes.as_chunks::<4>();
        for (out, word) in out.iter_mut().zip(words) {
            *out = f32::from_le_bytes(*word);
        }
    }
}

/// IEEE half precision.
pub(super) struct F16;

impl Decode for F16 {
    #[inline(always)]
    fn decode<S: Simd>(simd: S, bytes: &[u8], out: &mut [f32]) {
        let whole = out.len() - out.len() % S::LANES;
        let (out, out_tail) = out.split_at_mut(whole);
        let (bytes, bytes_tail) = bytes.split_at(2 * whole);
        let vectors = bytes.chunks_exact(2 * S::LANES);
        for (out, bytes) in out.chunks_exact_mut(S::LANES).zip(vectors) {
            simd.store(simd.load_f16_bytes(bytes), out);
        }
        let (words, _) = bytes_tail.as_chunks::<2>();
        for (out, word) in out_tail.iter_mut().zip(words) {
            *out = hearth_simd::f16_to_f32(u16::from_le_bytes(*word));
        }
    }
}

/// The upper half of an f32.
pub(super) struct Bf16;

impl Decode for Bf16 {
    #[inline(always)]
    fn decode<S: Simd>(_: S, bytes: &[u8], out: &mut [f32]) {
        let (words, _) = bytes.as_chunks::<2>();
        for (out, word) in out.iter_mut().zip(words) {
            *out = f32::from_bits(u32::from(u16::from_le_bytes(*word)) << 16);
        }
    }
}
