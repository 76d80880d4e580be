use hearth_simd::Isa;
use hearth_tensor::DType;

use super::{SUPPORTED, dequantize_row_into, dequantize_with, is_supported, reference};
use crate::contract::ContractError;
use crate::testing::{random_blocks, shared};

/// The number of the first element whose bits differ.
fn first_difference(got: &[f32], want: &[f32]) -> Option<usize> {
    assert_eq!(got.len(), want.len());
    let same = |(g, w): (&f32, &f32)| g.to_bits() == w.to_bits() || g.is_nan() && w.is_nan();
    (!got.iter().zip(want).all(same)).then(|| {
        let mut pairs = got.iter().zip(want);
        pairs.position(|pair| !same(pair)).unwrap_or(0)
    })
}

#[test]
fn every_type_is_that_of_ggml_bit_for_bit() {
    let Some(shared) = shared("dequantize") else {
        return;
    };
    for &dtype in SUPPORTED.iter().filter(|&&dtype| dtype != DType::F32) {
        let name = match dtype.name().strip_suffix("_K") {
            Some(name) => format!("{}_K", name.to_lowercase()),
            None => dtype.name().to_lowercase(),
        };
        let file = |ending: &str| {
            let path = shared.join(format!("zoo/dequant/{name}.{ending}"));
            std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let (blocks, want) = (
            file("q"),
            bytemuck::pod_collect_to_vec::<u8, f32>(&file("f32")),
        );
        let by_definition = reference::dequantize(dtype, &blocks).expect("supported");
        assert_eq!(
            first_difference(&by_definition, &want),
            None,
            "{dtype} reference"
        );
        for &isa in Isa::available() {
            let mut got = vec![f32::NAN; want.len()];
            dequantize_with(isa, dtype, &blocks, &mut got).expect("supported");
            assert_eq!(first_difference(&got, &want), None, "{dtype} {isa}");
        }
    }
}

#[test]
fn every_type_of_weights_is_supported() {
    for &dtype in DType::ALL {
        let is_integer_or_double = matches!(
            dtype,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::F64
        );
        let is_for_activations = matches!(dtype, DType::Q8_1 | DType::Q8_K);
        let supported = !is_integer_or_double && !is_for_activations;
        assert_eq!(is_supported(dtype), supported, "{dtype}");
    }
}

#[test]
fn rows_agree_with_the_definition_of_each_type() {
    for &dtype in SUPPORTED {
        for n_blocks in [0, 1, 3, 19] {
            let blocks = random_blocks(7, dtype, n_blocks);
            let want = reference::dequantize(dtype, &blocks).expect("supported");
            for &isa in Isa::available() {
                let mut got = vec![f32::NAN; want.len()];
                dequantize_with(isa, dtype, &blocks, &mut got).expect("supported");
                assert_eq!(first_difference(&got, &want), None, "{dtype} {isa}");
            }
        }
    }
}

#[test]
fn other_types_are_errors() {
    for &dtype in DType::ALL.iter().filter(|&&dtype| !is_supported(dtype)) {
        let op = "dequantize";
        assert_eq!(
            dequantize_row_into(dtype, &[], &mut []),
            Err(ContractError::UnsupportedDType { op, dtype })
        );
        assert!(reference::dequantize(dtype, &[]).is_none());
    }
}

#[test]
#[should_panic(expected = "bytes hold the elements")]
fn lengths_that_disagree_panic() {
    let _ = dequantize_row_into(DType::Q4_0, &[0; 18], &mut [0.0; 31]);
}
