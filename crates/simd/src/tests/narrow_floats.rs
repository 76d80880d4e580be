//! Numbers of 16 bits: half precision and bfloat16.

use super::stored;
use crate::{Isa, Kernel, Simd, f16};

struct Halves;

impl Kernel for Halves {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for start in (0..=u16::MAX).step_by(S::LANES) {
            let bits: Vec<u16> = (start..=u16::MAX).take(S::LANES).collect();
            let and_negated: Vec<u16> = bits
                .iter()
                .copied()
                .chain(bits.iter().map(|b| b ^ 0x8000))
                .collect();
            let [first, second] = s.load_halves(&and_negated).map(|v| stored(s, v));
            assert!(
                first
                    .iter()
                    .zip(&second)
                    .all(|(a, b)| a.total_cmp(&-b).is_eq())
            );
            let bytes: Vec<u8> = bits.iter().flat_map(|b| b.to_le_bytes()).collect();
            let v = s.load_f16(&bits);
            let from_bytes = stored(s, s.load_f16_bytes(&bytes));
            let finite: Vec<f32> = first.iter().map(|x| x * S::HALF_UNIT).collect();
            let mut back = vec![0; S::LANES];
            s.store_f16(v, &mut back);
            for (i, got) in stored(s, v).into_iter().enumerate() {
                let want = half_by_definition(bits[i]);
                let splat = stored(s, s.splat_f16(bits[i]))[0];
                assert!(splat.to_bits() == got.to_bits() || splat.is_nan() && got.is_nan());
                if want.is_finite() {
                    assert_eq!(finite[i].to_bits(), got.to_bits());
                } else if !finite[i].is_nan() {
                    assert!(finite[i].abs() >= 65536.0);
                    assert_eq!(finite[i] < 0.0, bits[i] >> 15 == 1);
                }
                if want.is_nan() {
                    assert!(got.is_nan() && from_bytes[i].is_nan());
                    assert!(f16::to_f32(back[i]).is_nan());
                } else {
                    assert_eq!(f64::from(got).to_bits(), want.to_bits(), "{:#06x}", bits[i]);
                    assert_eq!(from_bytes[i].to_bits(), got.to_bits());
                    assert_eq!(back[i], bits[i]);
                }
            }
        }
    }
}

/// IEEE 754, written out.
fn half_by_definition(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let mantissa = f64::from(bits & 0x3ff);
    sign * match i32::from(bits >> 10 & 0x1f) {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1024.0 + mantissa) * 2f64.powi(e - 25),
    }
}

struct BFloats;

impl Kernel for BFloats {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for start in (0..=u16::MAX).step_by(S::LANES) {
            let bits: Vec<u16> = (start..=u16::MAX).take(S::LANES).collect();
            let and_negated: Vec<u16> = bits
                .iter()
                .copied()
                .chain(bits.iter().map(|b| b ^ 0x8000))
                .collect();
            let [first, second] = s.load_halves(&and_negated).map(|v| stored(s, v));
            assert!(
                first
                    .iter()
                    .zip(&second)
                    .all(|(a, b)| a.total_cmp(&-b).is_eq())
            );
            let bytes: Vec<u8> = bits.iter().flat_map(|b| b.to_le_bytes()).collect();
            let got = stored(s, s.load_bf16_bytes(&bytes));
            for (got, bits) in got.into_iter().zip(bits) {
                let want = f32::from_bits(u32::from(bits) << 16);
                assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan());
            }
        }
    }
}

#[test]
fn all_bfloats_load_exactly() {
    for isa in Isa::available() {
        isa.run(BFloats);
    }
}

#[test]
fn all_halves_load_exactly_and_round_trip() {
    for isa in Isa::available() {
        isa.run(Halves);
    }
}

struct HalfRounding;

impl Kernel for HalfRounding {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let check = |x: f32, want: u16| {
            let mut got = vec![0; S::LANES];
            s.store_f16(s.splat(x), &mut got);
            assert_eq!(got, vec![want; S::LANES], "{x:e}");
        };
        // Between two neighbours: below, at and above the middle, for normal and subnormal halves.
        for bits in (0..0x7bff_u16).step_by(7) {
            let [low, high] = [bits, bits + 1].map(half_by_definition);
            let middle = ((low + high) / 2.0) as f32;
            check(middle.next_down(), bits);
            check(middle, bits + (bits & 1));
            check(middle.next_up(), bits + 1);
            check(-middle.next_up(), 0x8000 | (bits + 1));
        }
        check(65519.0, 0x7bff);
        check(65520.0, 0x7c00);
        check(f32::NEG_INFINITY, 0xfc00);
        check(f32::MIN_POSITIVE, 0);
    }
}

#[test]
fn rounding_to_half_is_to_nearest_even() {
    for isa in Isa::available() {
        isa.run(HalfRounding);
    }
}
