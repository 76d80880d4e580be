use hearth_tensor::{DType, Dim};

use super::{Embed, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{Operand, OperandData, Partition};
use crate::cut::{configs, i32s, kernel, run_all};
use crate::dequantize::{self, SUPPORTED};
use crate::testing::{packed, random_blocks};
use crate::weight::CpuWeight;

fn types(dtype: DType, rows: usize, cols: usize) -> [ValueType; 2] {
    [
        ValueType::new(Elem::I32, [Dim::Fixed(4)]),
        ValueType::new(Elem::Weight(dtype), [rows, cols].map(Dim::Fixed)),
    ]
}

fn embed(weight: &CpuWeight, ids: &[i32]) -> Vec<Vec<f32>> {
    let (dims, y) = ([weight.rows, weight.cols], [ids.len(), weight.cols]);
    let n_ids = [ids.len()];
    let types = types(weight.dtype, weight.rows, weight.cols);
    let each = configs().map(|config| {
        let kernel = kernel(&Embed, &types, config);
        let data = OperandData::Weight(weight);
        let inputs = [i32s(&n_ids, ids), Operand { dims: &dims, data }];
        let cuts = [Partition::Rows(1), Partition::Rows(3)];
        run_all("embed", &*kernel, &inputs, (1, y), &cuts).remove(0)
    });
    each.collect()
}

#[test]
fn rows_of_every_type_are_those_of_the_file() {
    for &dtype in SUPPORTED {
        let cols = 2 * dtype.block_elems();
        let raw = random_blocks(61, dtype, 2 * 5);
        let values = dequantize::reference::dequantize(dtype, &raw).expect("supported");
        let weight = packed(dtype, [5, cols], &raw, false);
        for ids in [&[][..], &[4], &[0, 3, 3, 1]] {
            let want = reference::embed(ids, &values, cols);
            assert!(
                embed(&weight, ids).iter().all(|got| *got == want),
                "{dtype}"
            );
        }
    }
}

#[test]
fn tiles_serve_as_well_as_rows() {
    // The types whose scales are half-precision in the file too come back exactly.
    for dtype in [
        DType::Q4_0,
        DType::Q4_1,
        DType::Q5_0,
        DType::Q5_1,
        DType::Q8_0,
        DType::IQ4_NL,
        DType::MXFP4,
        DType::NVFP4,
    ] {
        let raw = random_blocks(62, dtype, 19 * 64 / dtype.block_elems());
        let rows = packed(dtype, [19, 64], &raw, false);
        let tiles = packed(dtype, [19, 64], &raw, true);
        let ids = [18, 0, 7, 8];
        assert_ne!(rows.layout, tiles.layout);
        assert_eq!(embed(&rows, &ids), embed(&tiles, &ids), "{dtype}");
    }
}

#[test]
#[should_panic(expected = "id 5 lies within the vocabulary of 5")]
fn ids_outside_the_vocabulary_panic() {
    embed(&packed(DType::F32, [5, 1], &[0; 20], false), &[5]);
}

#[test]
#[should_panic(expected = "id -1 lies within the vocabulary of 5")]
fn negative_ids_panic() {
    embed(&packed(DType::F32, [5, 1], &[0; 20], false), &[-1]);
}

#[test]
fn broken_contracts_are_errors() {
    let [ids, w] = types(DType::Q4_K, 3, 256);
    assert!(Embed.infer(&[ids.clone(), w.clone()]).is_ok());
    assert_eq!(Embed.weight_layout(1, &[ids.clone(), w.clone()]), None);
    let arity = Embed.infer(std::slice::from_ref(&ids));
    assert!(matches!(arity, Err(ContractError::Arity { .. })));
    for (inputs, at) in [
        ([w.clone(), w.clone()], 0),
        ([ids.clone(), ids.clone()], 1),
        ([ids.clone(), types(DType::Q4_K, 3, 255)[1].clone()], 1),
    ] {
        let error = Embed.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
    let (op, dtype) = ("embed", DType::Q8_K);
    assert_eq!(
        Embed.infer(&[ids, types(dtype, 3, 256)[1].clone()]),
        Err(ContractError::UnsupportedDType { op, dtype })
    );
}
