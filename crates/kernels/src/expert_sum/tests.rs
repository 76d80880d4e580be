use hearth_tensor::{Dim, Symbol};

use super::reference::SUMS;
use super::{ExpertSum, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{WIDTHS, assert_close, random};

fn types(n_used: usize, n: usize) -> [ValueType; 2] {
    let (t, used) = (Dim::symbol(Symbol(0)), Dim::Fixed(n_used));
    [
        ValueType::new(Elem::F32, [t, used, Dim::Fixed(n)]),
        ValueType::new(Elem::F32, [t, used]),
    ]
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for n in WIDTHS {
            for (t, n_used) in [(0, 2), (1, 1), (3, 8)] {
                let x = random(1, t * n_used * n, 4.0);
                let weights = random(2, t * n_used, 1.0);
                let context = format!("{config:?}, [{t}, {n_used}, {n}]");
                let y = run_all(
                    &context,
                    &*kernel(&ExpertSum, &types(n_used, n), config),
                    &[f32s(&[t, n_used, n], &x), f32s(&[t, n_used], &weights)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let want = reference::expert_sum(&x, n, &weights, n_used);
                assert_close(&context, &y[0], &want, SUMS);
            }
        }
    }
}

#[test]
fn broken_contracts_are_errors() {
    let [x, weights] = types(2, 8);
    assert_eq!(
        ExpertSum.infer(&[x.clone(), weights.clone()]),
        Ok(vec![ValueType::f32_rows(Dim::symbol(Symbol(0)), 8)])
    );
    assert!(matches!(
        ExpertSum.infer(std::slice::from_ref(&x)),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    let [_, others] = types(3, 8);
    for (inputs, at) in [([weights.clone(), weights], 0), ([x, others], 1)] {
        let error = ExpertSum.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
}
