//! Signed bytes as numbers, and the sums of four vectors.

use super::{Random, stored};
use crate::{Isa, Kernel, Simd};

struct SignedBytes;

impl Kernel for SignedBytes {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for start in (0..=u8::MAX).step_by(S::LANES) {
            let bytes: Vec<u8> = (start..=u8::MAX).take(S::LANES).collect();
            let want: Vec<f32> = bytes.iter().map(|&b| f32::from(b as i8)).collect();
            assert_eq!(stored(s, s.load_i8(&bytes)), want);
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
