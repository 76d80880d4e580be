use hearth_tensor::{Dim, Symbol};

use super::reference::ACTIVATED;
use super::{Glu, GluForm, reference};
use crate::activation::Activation;
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random, rows_of_floats};

const GPT_OSS: GluForm = GluForm::ClampedSwish {
    alpha: 1.702,
    limit: 7.0,
};

fn forms() -> impl Iterator<Item = Glu> {
    let activated = Activation::ALL.into_iter().map(GluForm::Activation);
    activated.chain([GPT_OSS]).map(|form| Glu { form })
}

/// One row through the kernel.
fn row(op: &Glu, config: CpuConfig, gate: &[f32], up: &[f32]) -> Vec<f32> {
    let n = gate.len();
    let types = [rows_of_floats(n), rows_of_floats(n)];
    let dims = [1, n];
    let inputs = [f32s(&dims, gate), f32s(&dims, up)];
    run_all(
        "row",
        &*kernel(op, &types, config),
        &inputs,
        (1, [1, n]),
        &[],
    )
    .remove(0)
}

#[test]
fn variants_match_reference() {
    for (op, config) in forms().flat_map(|op| configs().map(move |config| (op.clone(), config))) {
        for n in WIDTHS {
            for (t, scale) in [(0, 1.0), (1, 80.0), (3, 4.0)] {
                let (gate, up) = (random(1, t * n, scale), random(2, t * n, scale.min(10.0)));
                let context = format!("{op:?}, {config:?}, [{t}, {n}]");
                let y = run_all(
                    &context,
                    &*kernel(&op, &[rows_of_floats(n), rows_of_floats(n)], config),
                    &[f32s(&[t, n], &gate), f32s(&[t, n], &up)],
                    (1, [t, n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let want = reference::glu(op.form, &gate, &up);
                assert_close(&context, &y[0], &want, ACTIVATED);
            }
        }
    }
}

#[test]
fn far_gates_close_and_open() {
    let gate = [-1e30, -1000.0, 1000.0, 1e30, 0.0];
    for config in configs() {
        for f in [Activation::Silu, Activation::GeluTanh, Activation::GeluErf] {
            let y = row(&Glu::new(f), config, &gate, &[2.0; 5]);
            assert_eq!(y, [0.0, 0.0, 2000.0, 2e30, 0.0], "{f:?} {config:?}");
        }
        let y = row(&Glu::new(Activation::Sigmoid), config, &gate, &[2.0; 5]);
        assert_eq!(y, [0.0, 0.0, 2.0, 2.0, 1.0], "{config:?}");
        // sigmoid(1.702 * 7) of both f32 and f64 is 0.999_993_3; the factor is clamped to 7, then -7.
        let y = row(
            &Glu { form: GPT_OSS },
            config,
            &[1e30, 1e30, -1e30],
            &[1e30, -1e30, 1.0],
        );
        assert_close(
            &format!("{config:?}"),
            &y,
            &[55.999_625, -41.999_719, 0.0],
            REORDERED_F32,
        );
    }
}

#[test]
fn activations_match_their_formulas_closely() {
    // Where a gate is small the result is, too: relative errors show what absolute ones hide.
    let x: Vec<f32> = (-40_000..=40_000).map(|i| i as f32 * 1e-4).collect();
    for (f, config) in Activation::ALL
        .into_iter()
        .flat_map(|f| configs().map(move |c| (f, c)))
    {
        let y = row(&Glu::new(f), config, &x, &vec![1.0; x.len()]);
        for (&x, &y) in x.iter().zip(&y) {
            let want = f.reference(f64::from(x));
            let error = (f64::from(y) - want).abs();
            assert!(
                error <= 2e-6 * want.abs() + 1e-12,
                "{f:?}({x}), {config:?}: {y} {want}"
            );
        }
    }
}

#[test]
fn nan_stays() {
    for (op, config) in forms().flat_map(|op| configs().map(move |config| (op.clone(), config))) {
        let y = row(&op, config, &[f32::NAN, 1.0, 1.0], &[1.0, f32::NAN, 1.0]);
        let nan = [true, true, false];
        assert_eq!([0, 1, 2].map(|i| y[i].is_nan()), nan, "{op:?} {config:?}");
    }
}

#[test]
fn any_number_of_dimensions_from_two_on_will_do() {
    let op = Glu::new(Activation::Silu);
    let experts = ValueType::new(
        Elem::F32,
        [Dim::symbol(Symbol(0)), Dim::Fixed(2), Dim::Fixed(8)],
    );
    let inferred = op.infer(&[experts.clone(), experts.clone()]);
    assert_eq!(inferred, Ok(vec![experts.clone()]));
    for config in configs() {
        let (gate, up) = (random(1, 48, 4.0), random(2, 48, 4.0));
        let y = run_all(
            "three",
            &*kernel(&op, &[experts.clone(), experts.clone()], config),
            &[f32s(&[3, 2, 8], &gate), f32s(&[3, 2, 8], &up)],
            (1, [6, 8]),
            &[Partition::Rows(1)],
        );
        let want = reference::glu(op.form, &gate, &up);
        assert_close("three", &y[0], &want, ACTIVATED);
    }
}

#[test]
fn broken_contracts_are_errors() {
    let (op, rows) = (Glu::new(Activation::Silu), rows_of_floats);
    assert_eq!(op.infer(&[rows(8), rows(8)]), Ok(vec![rows(8)]));
    assert!(matches!(
        op.infer(&[]),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    assert!(matches!(
        op.infer(&[rows(8), rows(9)]),
        Err(ContractError::Input { input: 1, .. })
    ));
    let vector = ValueType::new(Elem::F32, [Dim::Fixed(8)]);
    assert!(matches!(
        op.infer(&[vector.clone(), vector]),
        Err(ContractError::Input { input: 0, .. })
    ));
}
