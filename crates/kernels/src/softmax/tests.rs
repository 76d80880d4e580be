use hearth_tensor::{Dim, Symbol};

use super::{Softmax, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
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
            for (t, scale) in [(0, 1.0), (1, 50.0), (3, 10.0)] {
                let x = random(n as u64, t * n, scale);
                let context = format!("{config:?}, [{t}, {n}]");
                let y = run_all(
                    &context,
                    &*kernel(&Softmax, &[rows(n)], config),
                    &[f32s(&[t, n], &x)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Rows(2)],
                );
                assert_close(&context, &y[0], &reference::softmax(&x, n), REORDERED_F32);
            }
        }
    }
}

#[test]
fn masked_elements_are_zero_and_so_is_a_fully_masked_row() {
    for config in configs() {
        let mut x = [f32::NEG_INFINITY; 18];
        x[9 + 4] = -3.0;
        let y = run_all(
            "masked",
            &*kernel(&Softmax, &[rows(9)], config),
            &[f32s(&[2, 9], &x)],
            (1, [2, 9]),
            &[],
        );
        let mut want = [0.0; 18];
        want[9 + 4] = 1.0;
        assert_eq!(y[0], want, "{config:?}");
    }
}

#[test]
fn large_values_do_not_overflow() {
    for config in configs() {
        let y = run_all(
            "large",
            &*kernel(&Softmax, &[rows(2)], config),
            &[f32s(&[1, 2], &[3e38, 3e38])],
            (1, [1, 2]),
            &[],
        );
        assert_eq!(y[0], [0.5, 0.5], "{config:?}");
    }
}

#[test]
fn broken_contracts_are_errors() {
    assert!(matches!(
        Softmax.infer(&[]),
        Err(ContractError::Arity { expected: 1, .. })
    ));
    let ids = ValueType::new(Elem::I32, [Dim::Fixed(2), Dim::Fixed(2)]);
    assert!(matches!(
        Softmax.infer(&[ids]),
        Err(ContractError::Input { input: 0, .. })
    ));
}
