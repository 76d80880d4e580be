use hearth_tensor::{Dim, Symbol};

use super::{SwiGlu, reference};
use crate::contract::{ContractError, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random};

fn rows(n: usize) -> ValueType {
    ValueType::f32_rows(Dim::symbol(Symbol(0)), n)
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for n in WIDTHS {
            for (t, scale) in [(0, 1.0), (1, 80.0), (3, 4.0)] {
                let (gate, up) = (random(1, t * n, scale), random(2, t * n, 4.0));
                let context = format!("{config:?}, [{t}, {n}]");
                let y = run_all(
                    &context,
                    &*kernel(&SwiGlu, &[rows(n), rows(n)], config),
                    &[f32s(&[t, n], &gate), f32s(&[t, n], &up)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let want = reference::swiglu(&gate, &up);
                assert_close(&context, &y[0], &want, REORDERED_F32);
            }
        }
    }
}

#[test]
fn far_gates_close_and_open() {
    for config in configs() {
        let gate = [-1000.0, 1000.0, 0.0];
        let y = run_all(
            "far",
            &*kernel(&SwiGlu, &[rows(3), rows(3)], config),
            &[f32s(&[1, 3], &gate), f32s(&[1, 3], &[2.0; 3])],
            (1, [1, 3]),
            &[],
        );
        assert_eq!(y[0], [0.0, 2000.0, 0.0], "{config:?}");
    }
}

#[test]
fn broken_contracts_are_errors() {
    assert_eq!(SwiGlu.infer(&[rows(8), rows(8)]), Ok(vec![rows(8)]));
    assert!(matches!(
        SwiGlu.infer(&[]),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    assert!(matches!(
        SwiGlu.infer(&[rows(8), rows(9)]),
        Err(ContractError::Input { input: 1, .. })
    ));
}
