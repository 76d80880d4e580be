use hearth_tensor::{DType, Dim, Symbol};

use super::{RmsNorm, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random};

const OP: RmsNorm = RmsNorm { eps: 1e-5 };

fn types(d: usize, g: usize) -> [ValueType; 2] {
    [
        ValueType::f32_rows(Dim::symbol(Symbol(0)), d),
        ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(g)]),
    ]
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for g in WIDTHS.into_iter().filter(|&g| g > 0) {
            for (rows, runs) in [(0, 1), (1, 1), (3, 1), (2, 3)] {
                let d = g * runs;
                let (x, w) = (random(1, rows * d, 4.0), random(2, g, 1.0));
                let context = format!("{config:?}, [{rows}, {d}], g={g}");
                let y = run_all(
                    &context,
                    &*kernel(&OP, &types(d, g), config),
                    &[f32s(&[rows, d], &x), f32s(&[g], &w)],
                    (1, [rows, d]),
                    &[Partition::Rows(1), Partition::Rows(2), Partition::Cols(5)],
                );
                let want = reference::rms_norm(&x, &w, OP.eps);
                assert_close(&context, &y[0], &want, REORDERED_F32);
            }
        }
    }
}

#[test]
fn zero_row_stays_zero() {
    for config in configs() {
        let y = run_all(
            "zeros",
            &*kernel(&OP, &types(9, 9), config),
            &[f32s(&[1, 9], &[0.0; 9]), f32s(&[9], &[1.0; 9])],
            (1, [1, 9]),
            &[],
        );
        assert_eq!(y[0], [0.0; 9]);
    }
}

#[test]
fn broken_contracts_are_errors() {
    let [x, w] = types(64, 16);
    assert_eq!(OP.infer(&[x.clone(), w.clone()]), Ok(vec![x.clone()]));
    assert!(matches!(
        OP.infer(std::slice::from_ref(&x)),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    let bad_width = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(24)]);
    let bad_dtype = ValueType::new(Elem::Weight(DType::F16), [Dim::Fixed(16)]);
    for bad in [bad_width, bad_dtype] {
        assert!(matches!(
            OP.infer(&[x.clone(), bad]),
            Err(ContractError::Input { input: 1, .. })
        ));
    }
    assert!(matches!(
        OP.infer(&[w.clone(), w]),
        Err(ContractError::Input { input: 0, .. })
    ));
}
