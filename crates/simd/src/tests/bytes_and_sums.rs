//! Signed bytes as numbers, pairs of small integers, and the sums of four vectors.

use super::{Random, integers, stored};
use crate::{Isa, Kernel, Simd};

struct SignedBytes;

impl Kernel for SignedBytes {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for start in (0..=u8::MAX).step_by(2 * S::LANES) {
            let bytes: Vec<u8> = (start..=u8::MAX).take(2 * S::LANES).collect();
            let want: Vec<f32> = bytes.iter().map(|&b| f32::from(b as i8)).collect();
            let got = s.load_i8(&bytes).map(|v| stored(s, v));
            assert_eq!(got.concat(), want);
        }
    }
}

#[test]
fn signed_bytes_load_as_numbers() {
    for isa in Isa::available() {
        isa.run(SignedBytes);
    }
}

struct FourSums;

impl Kernel for FourSums {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut random = Random(9);
        let zero = s.splat(0.0);
        for _ in 0..50 {
            let rows = [(); 4].map(|()| random.floats(S::LANES));
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| s.load(&rows[i]));
            let sums = s.sum4([a, b, c, d]);
            for (got, row) in sums.into_iter().zip(&rows) {
                let sum: f64 = row.iter().map(|&x| f64::from(x)).sum();
                assert!((f64::from(got) - sum).abs() < 1e-5);
            }
            // The same bits in every place, beside anything.
            assert_eq!(s.sum4([d, a, b, c]), [sums[3], sums[0], sums[1], sums[2]]);
            assert_eq!(s.sum4([zero, zero, a, zero])[2], sums[0]);
        }
    }
}

#[test]
fn sums_of_four_do_not_depend_on_each_other() {
    for isa in Isa::available() {
        isa.run(FourSums);
    }
}

struct Pairs;

impl Pairs {
    /// The sums of the products of each pair with another one, by way of memory.
    #[inline(always)]
    fn times<S: Simd>(s: S, pairs: S::Pairs, pair: [i16; 2]) -> Vec<i32> {
        let mut bytes = vec![0; 4 * S::LANES];
        s.store_pairs(pairs, &mut bytes);
        let mut other = [0; 16];
        s.store_pair(pair, &mut other[..S::QUAD_BYTES]);
        let (pairs, other) = (s.load_pairs(&bytes), s.load_pair(&other));
        let sums = s.add_pairs(s.zero_i32(), pairs, other);
        integers(s, s.add_i32(sums, s.add_pairs(sums, pairs, other)))
    }
}

impl Kernel for Pairs {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let bytes = Random(7).bytes(2 * S::LANES, 256);
        for pair in [[1, 0], [0, 1], [3, -5], [4064, -4064], [-32512, 32512]] {
            let want = |value: &dyn Fn(u8) -> i32| -> Vec<i32> {
                let rows = bytes.chunks_exact(2);
                let products = rows.map(|row| {
                    value(row[0]) * i32::from(pair[0]) + value(row[1]) * i32::from(pair[1])
                });
                products.map(|sum| 3 * sum).collect()
            };
            let signed = Self::times(s, s.widen_pairs(&bytes), pair);
            assert_eq!(signed, want(&|byte| i32::from(byte as i8)));
            let [low, high] = s.widen_nibble_pairs(&bytes);
            assert_eq!(
                Self::times(s, low, pair),
                want(&|byte| i32::from(byte & 15))
            );
            assert_eq!(
                Self::times(s, high, pair),
                want(&|byte| i32::from(byte >> 4))
            );
        }
    }
}

#[test]
fn pairs_of_small_integers_are_multiplied_and_added() {
    for isa in Isa::available() {
        isa.run(Pairs);
    }
}
