use hearth_simd::Isa;
use hearth_tensor::DType;

use super::{QuantizeError, SUPPORTED, is_supported, quantize_row_into, quantize_with};
use crate::dequantize;
use crate::testing::{Random, random, random_blocks};

/// Root mean square error of llama.cpp's quantisers on [`bell`]`(71, N)`, relative to that of the elements.
const OF_LLAMA_CPP: [(DType, f64); 7] = [
    (DType::Q4_0, 0.081885),
    (DType::Q5_0, 0.040562),
    (DType::Q5_1, 0.036623),
    (DType::Q8_0, 0.005100),
    (DType::Q4_K, 0.068466),
    (DType::Q5_K, 0.034929),
    (DType::Q6_K, 0.017071),
];
/// Ours may be worse by so much.
const SLACK: f64 = 1.01;

/// Elements of the types whose blocks are largest.
const BLOCK: usize = 256;
const N: usize = 64 * BLOCK;

/// Numbers that are distributed about as weights are: the sum of four uniform ones.
fn bell(seed: u64, n: usize) -> Vec<f32> {
    let mut source = Random::new(seed);
    (0..n)
        .map(|_| (0..4).map(|_| source.float(1.0)).sum())
        .collect()
}

fn encode(dtype: DType, x: &[f32]) -> Result<Vec<u8>, QuantizeError> {
    let mut out = vec![0xaa; dtype.bytes_for(x.len()).unwrap_or(0)];
    quantize_row_into(dtype, x, &mut out)?;
    Ok(out)
}

fn decode(dtype: DType, bytes: &[u8]) -> Vec<f32> {
    dequantize::reference::dequantize(dtype, bytes).expect("what is written can be read")
}

fn round_trip(dtype: DType, x: &[f32]) -> Vec<f32> {
    let bytes = encode(dtype, x).unwrap_or_else(|e| panic!("{dtype}: {e}"));
    decode(dtype, &bytes)
}

fn blocks() -> impl Iterator<Item = DType> {
    SUPPORTED
        .iter()
        .copied()
        .filter(|dtype| dtype.is_quantized())
}

fn relative_error(x: &[f32], y: &[f32]) -> f64 {
    let squares = |terms: &mut dyn Iterator<Item = f64>| terms.map(|t| t * t).sum::<f64>();
    let errors = &mut x.iter().zip(y).map(|(x, y)| f64::from(x - y));
    (squares(errors) / squares(&mut x.iter().map(|&x| f64::from(x)))).sqrt()
}

#[test]
fn blocks_are_as_close_as_those_of_llama_cpp() {
    let x = bell(71, N);
    for dtype in blocks() {
        let (_, theirs) = OF_LLAMA_CPP
            .iter()
            .find(|(other, _)| *other == dtype)
            .unwrap_or_else(|| panic!("{dtype} has no bound"));
        let ours = relative_error(&x, &round_trip(dtype, &x));
        assert!(ours <= theirs * SLACK, "{dtype}: {ours} {theirs}");
    }
}

#[test]
fn the_size_of_the_elements_makes_no_difference() {
    let x = bell(72, 8 * BLOCK);
    for dtype in blocks() {
        let error = relative_error(&x, &round_trip(dtype, &x));
        for exponent in [-6, 10] {
            let scaled: Vec<f32> = x.iter().map(|x| x * 2f32.powi(exponent)).collect();
            let other = relative_error(&scaled, &round_trip(dtype, &scaled));
            // Scales of small blocks of K-quants are subnormal as half precision.
            assert!(
                (0.98..1.1).contains(&(other / error)),
                "{dtype} {exponent}: {other} {error}"
            );
        }
    }
}

#[test]
fn instruction_sets_write_the_same_bytes() {
    let x = [
        bell(73, 3 * BLOCK),
        random(74, 3 * BLOCK, 1e-3),
        vec![0.25; BLOCK],
    ]
    .concat();
    for &dtype in SUPPORTED {
        let want = encode(dtype, &x).expect("finite");
        for &isa in Isa::available() {
            let mut got = vec![0; want.len()];
            quantize_with(isa, dtype, &x, &mut got).expect("finite");
            assert!(got == want, "{dtype} {isa}");
        }
    }
}

#[test]
fn plain_types_come_back_bit_for_bit() {
    for &dtype in SUPPORTED.iter().filter(|dtype| !dtype.is_quantized()) {
        let bytes = random_blocks(75, dtype, 1000);
        assert!(
            encode(dtype, &decode(dtype, &bytes)) == Ok(bytes),
            "{dtype}"
        );
    }
}

#[test]
fn plain_types_round_to_nearest_even() {
    // The middle between two neighbours, and what is just above it.
    let cases = [
        (DType::F16, 1.0 + 2f32.powi(-11), 10),
        (DType::BF16, 1.0 + 2f32.powi(-8), 7),
    ];
    for (dtype, middle, bits) in cases {
        let next = 1.0 + 2f32.powi(-bits);
        assert_eq!(round_trip(dtype, &[middle, middle.next_up()]), [1.0, next]);
        assert_eq!(
            round_trip(dtype, &[-middle, -middle.next_up()]),
            [-1.0, -next]
        );
    }
}

#[test]
fn no_element_of_q8_0_is_off_by_more_than_half_a_scale() {
    for size in [1e-7, 1e-4, 1.0, 1e6] {
        let x = random(76, 64 * 32, size);
        let bytes = encode(DType::Q8_0, &x).expect("finite");
        let y = decode(DType::Q8_0, &bytes);
        for (i, (x, y)) in x.iter().zip(&y).enumerate() {
            let block = &bytes[i / 32 * 34..][..2];
            let d = hearth_simd::f16_to_f32(u16::from_le_bytes([block[0], block[1]]));
            assert!((x - y).abs() <= d * 0.50001, "{size}: {x} {y} {d}");
        }
    }
}

#[test]
fn zeros_are_zeros() {
    for &dtype in SUPPORTED {
        assert!(round_trip(dtype, &[0.0; BLOCK]).iter().all(|&y| y == 0.0));
        // Too small for half precision.
        let y = round_trip(dtype, &[1e-30; BLOCK]);
        assert!(y.iter().all(|&y| (0.0..=1.001e-30).contains(&y)), "{dtype}");
        assert_eq!(encode(dtype, &[]), Ok(vec![]));
    }
}

#[test]
fn constant_rows_stay_constant() {
    for &dtype in SUPPORTED {
        for c in [0.7, -0.7, 300.0, -300.0] {
            for y in round_trip(dtype, &[c; BLOCK]) {
                assert!((y - c).abs() <= c.abs() * 0.005, "{dtype}: {y} {c}");
            }
        }
    }
}

/// Found by fuzzing: the fit that is best for a Q5_1 block lies below its least element.
#[test]
fn elements_at_the_end_of_half_precision_are_no_error() {
    for dtype in blocks() {
        let mut x = [0.003; BLOCK];
        for (at, value) in [
            (0, -65376.0),
            (1, -65376.0),
            (7, -57408.0),
            (10, -63040.0),
            (29, 58176.0),
        ] {
            x[at] = value;
        }
        let y = round_trip(dtype, &x);
        assert!((y[0] - x[0]).abs() <= 0.1 * 65376.0, "{dtype}: {}", y[0]);
    }
}

#[test]
fn one_large_element_survives() {
    for dtype in blocks() {
        for large in [8.0, -8.0] {
            let mut x = random(77, BLOCK, 0.01);
            x[100] = large;
            let y = round_trip(dtype, &x);
            assert!((y[100] - large).abs() <= 0.01 * 8.0, "{dtype}: {}", y[100]);
        }
    }
}

#[test]
fn elements_that_cannot_be_rounded_are_errors() {
    for &dtype in SUPPORTED {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = [1.0; 2 * BLOCK];
            x[300] = bad;
            let index = 300;
            assert_eq!(encode(dtype, &x), Err(QuantizeError::NotFinite { index }));
        }
        for bad in [f32::MAX, f32::MIN] {
            let mut x = random(78, 2 * BLOCK, 1.0);
            x[300] = bad;
            x[301] = -bad;
            let index = 300 / dtype.block_elems() * dtype.block_elems();
            let want = match dtype {
                DType::F32 => Ok(()),
                _ => Err(QuantizeError::TooLarge { dtype, index }),
            };
            assert_eq!(encode(dtype, &x).map(|_| ()), want);
        }
    }
    let (dtype, elems) = (DType::Q4_K, 255);
    let partial = QuantizeError::PartialBlock { dtype, elems };
    assert_eq!(encode(dtype, &[0.0; 255]), Err(partial));
    for &dtype in DType::ALL.iter().filter(|&&dtype| !is_supported(dtype)) {
        let error = QuantizeError::UnsupportedDType { dtype };
        assert_eq!(quantize_row_into(dtype, &[], &mut []), Err(error));
    }
}

#[test]
#[should_panic(expected = "the size of the blocks")]
fn outputs_of_another_size_panic() {
    let _ = quantize_row_into(DType::Q8_0, &[0.0; 32], &mut [0; 33]);
}
