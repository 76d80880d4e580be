use hearth_tensor::{Dim, Symbol};

use super::{PositionScale, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random, rows_of_floats};

const OP: PositionScale = PositionScale {
    beta: 0.1,
    n_ctx_original: 16,
};

fn types(n: usize) -> [ValueType; 2] {
    let positions = ValueType::new(Elem::I32, [Dim::symbol(Symbol(0))]);
    [rows_of_floats(n), positions]
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for n in WIDTHS {
            for positions in [&[][..], &[5], &[0, 15, 16, 31, 32, 16_383]] {
                let t = positions.len();
                let x = random(1, t * n, 4.0);
                let context = format!("{config:?}, {n}, {positions:?}");
                let y = run_all(
                    &context,
                    &*kernel(&OP, &types(n), config),
                    &[f32s(&[t, n], &x), i32s(&[t], positions)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let want = reference::position_scale(&OP, &x, n, positions);
                assert_close(&context, &y[0], &want, REORDERED_F32);
            }
        }
    }
}

#[test]
fn the_context_of_training_is_untouched() {
    for config in configs() {
        let y = run_all(
            "factors",
            &*kernel(&OP, &types(1), config),
            &[f32s(&[3, 1], &[1.0; 3]), i32s(&[3], &[0, 15, 16])],
            (1, [3, 1]),
            &[],
        );
        assert_eq!(y[0][..2], [1.0, 1.0]);
        // 1 + 0.1 ln 2.
        assert!((y[0][2] - 1.069_314_7).abs() < 1e-6);
    }
}

#[test]
#[should_panic(expected = "position_scale: position -1 of token 0")]
fn negative_positions_panic() {
    let config = configs().next().expect("there is always one");
    let inputs = [f32s(&[1, 1], &[1.0]), i32s(&[1], &[-1])];
    run_all(
        "negative",
        &*kernel(&OP, &types(1), config),
        &inputs,
        (1, [1, 1]),
        &[],
    );
}

#[test]
fn broken_contracts_are_errors() {
    let [x, positions] = types(8);
    assert!(matches!(
        OP.infer(std::slice::from_ref(&x)),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    let others = ValueType::new(Elem::I32, [Dim::symbol(Symbol(1))]);
    assert!(matches!(
        OP.infer(&[x, others]),
        Err(ContractError::Input { input: 1, .. })
    ));
    assert!(matches!(
        OP.infer(&[positions.clone(), positions]),
        Err(ContractError::Input { input: 0, .. })
    ));
}
