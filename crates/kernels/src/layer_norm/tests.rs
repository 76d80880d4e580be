use hearth_tensor::{DType, Dim};

use super::reference::SUMS;
use super::{LayerNorm, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{WIDTHS, assert_close, random, rows_of_floats};

const OP: LayerNorm = LayerNorm { eps: 1e-5 };

fn vector(n: usize) -> ValueType {
    ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(n)])
}

fn types(n: usize) -> [ValueType; 3] {
    [rows_of_floats(n), vector(n), vector(n)]
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for n in WIDTHS {
            for t in [0, 1, 3] {
                let x = random(1, t * n, 4.0);
                let (w, b) = (random(2, n, 1.0), random(3, n, 1.0));
                let context = format!("{config:?}, [{t}, {n}]");
                let y = run_all(
                    &context,
                    &*kernel(&OP, &types(n), config),
                    &[f32s(&[t, n], &x), f32s(&[n], &w), f32s(&[n], &b)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Rows(2), Partition::Cols(5)],
                );
                let want = reference::layer_norm(&x, &w, &b, OP.eps);
                assert_close(&context, &y[0], &want, SUMS);
            }
        }
    }
}

#[test]
fn a_large_mean_leaves_the_variance_its_digits() {
    // 4096 and 4096.5 in turn: the mean of squares less the squared mean would be off by more than the variance.
    let x: Vec<f32> = (0..64).map(|i| 4096.0 + 0.5 * (i % 2) as f32).collect();
    for config in configs() {
        let y = run_all(
            "large mean",
            &*kernel(&OP, &types(64), config),
            &[
                f32s(&[1, 64], &x),
                f32s(&[64], &[1.0; 64]),
                f32s(&[64], &[0.0; 64]),
            ],
            (1, [1, 64]),
            &[],
        );
        let want: Vec<f64> = (0..64)
            .map(|i| f64::from(i % 2 * 2 - 1) * 0.25 / (0.0625f64 + 1e-5).sqrt())
            .collect();
        assert_close("large mean", &y[0], &want, SUMS);
    }
}

#[test]
fn a_constant_row_gives_the_bias() {
    let b = random(3, 9, 1.0);
    for config in configs() {
        let y = run_all(
            "constant",
            &*kernel(&OP, &types(9), config),
            &[
                f32s(&[1, 9], &[2.0; 9]),
                f32s(&[9], &[1.0; 9]),
                f32s(&[9], &b),
            ],
            (1, [1, 9]),
            &[],
        );
        assert_eq!(y[0], b);
    }
}

#[test]
fn broken_contracts_are_errors() {
    let [x, w, b] = types(8);
    assert_eq!(
        OP.infer(&[x.clone(), w.clone(), b.clone()]),
        Ok(vec![x.clone()])
    );
    assert!(matches!(
        OP.infer(&[x.clone(), w.clone()]),
        Err(ContractError::Arity { expected: 3, .. })
    ));
    for (inputs, at) in [
        ([w.clone(), w.clone(), b.clone()], 0),
        ([x.clone(), vector(9), b], 1),
        ([x, w, vector(9)], 2),
    ] {
        let error = OP.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
}
