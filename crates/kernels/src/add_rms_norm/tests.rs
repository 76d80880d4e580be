use hearth_tensor::{DType, Dim, Symbol};

use super::reference::ROUNDED_SUM;
use super::{AddRmsNorm, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random};

const OP: AddRmsNorm = AddRmsNorm { eps: 1e-6 };

fn types(d: usize) -> [ValueType; 3] {
    let rows = ValueType::f32_rows(Dim::symbol(Symbol(0)), d);
    let w = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(d)]);
    [rows.clone(), rows, w]
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for d in WIDTHS {
            for rows in [0, 1, 3] {
                let (a, b) = (random(1, rows * d, 4.0), random(2, rows * d, 4.0));
                let w = random(3, d, 1.0);
                let context = format!("{config:?}, [{rows}, {d}]");
                let dims = [rows, d];
                let got = run_all(
                    &context,
                    &*kernel(&OP, &types(d), config),
                    &[f32s(&dims, &a), f32s(&dims, &b), f32s(&[d], &w)],
                    (2, dims),
                    &[Partition::Rows(1), Partition::Rows(2), Partition::Cols(7)],
                );
                let [sum, norm] = reference::add_rms_norm(&a, &b, &w, OP.eps);
                assert_close(&context, &got[0], &sum, REORDERED_F32);
                // With few elements the mean square may be small, and the norm then magnifies the sum's rounding.
                if d >= 7 {
                    assert_close(&context, &got[1], &norm, ROUNDED_SUM);
                }
            }
        }
    }
}

#[test]
fn single_elements_become_their_sign() {
    for config in configs() {
        let (a, b) = ([3.0, -5.0], [1.0, 1.0]);
        let got = run_all(
            "d=1",
            &*kernel(&AddRmsNorm { eps: 0.0 }, &types(1), config),
            &[f32s(&[2, 1], &a), f32s(&[2, 1], &b), f32s(&[1], &[2.0])],
            (2, [2, 1]),
            &[],
        );
        assert_eq!(got, [[4.0, -4.0], [2.0, -2.0]]);
    }
}

#[test]
fn broken_contracts_are_errors() {
    let [a, b, w] = types(16);
    assert_eq!(
        OP.infer(&[a.clone(), b.clone(), w.clone()]),
        Ok(vec![a.clone(), a.clone()])
    );
    assert!(matches!(
        OP.infer(&[a.clone(), b.clone()]),
        Err(ContractError::Arity { expected: 3, .. })
    ));
    let narrow = ValueType::f32_rows(Dim::symbol(Symbol(0)), 8);
    assert!(matches!(
        OP.infer(&[a.clone(), narrow, w]),
        Err(ContractError::Input { input: 1, .. })
    ));
    let short = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(8)]);
    assert!(matches!(
        OP.infer(&[a, b, short]),
        Err(ContractError::Input { input: 2, .. })
    ));
}
