use hearth_tensor::{DType, Dim, Symbol};

use super::reference::tolerance;
use super::{Map, MapFunction, reference};
use crate::activation::Activation;
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{WIDTHS, assert_close, random, rows_of_floats};

const CAP: f32 = 30.0;

fn functions() -> impl Iterator<Item = MapFunction> {
    let activations = Activation::ALL.into_iter().map(MapFunction::Activation);
    activations.chain([MapFunction::Scale(-0.25), MapFunction::SoftCap(CAP)])
}

/// One row through the kernel.
fn row(function: MapFunction, config: CpuConfig, x: &[f32]) -> Vec<f32> {
    let n = x.len();
    let kernel = kernel(&Map { function }, &[rows_of_floats(n)], config);
    run_all("row", &*kernel, &[f32s(&[1, n], x)], (1, [1, n]), &[]).remove(0)
}

#[test]
fn variants_match_reference() {
    for (function, config) in functions().flat_map(|f| configs().map(move |config| (f, config))) {
        for n in WIDTHS {
            for (dims, scale) in [([0, 1], 1.0), ([1, 1], 80.0), ([3, 2], 4.0)] {
                let rows = dims[0] * dims[1];
                let x = random(1, rows * n, scale);
                let context = format!("{function:?}, {config:?}, {dims:?} {n}");
                let ty = ValueType::new(
                    Elem::F32,
                    [Dim::symbol(Symbol(0)), Dim::Fixed(dims[1]), Dim::Fixed(n)],
                );
                let y = run_all(
                    &context,
                    &*kernel(&Map { function }, &[ty], config),
                    &[f32s(&[dims[0], dims[1], n], &x)],
                    (1, [rows, n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let want = reference::map(function, &x);
                assert_close(&context, &y[0], &want, tolerance(function));
            }
        }
    }
}

#[test]
fn the_soft_cap_bounds_and_keeps_nan() {
    for config in configs() {
        let x = [f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 0.0];
        let y = row(MapFunction::SoftCap(CAP), config, &x);
        assert_eq!(y, [CAP, -CAP, CAP, -CAP, 0.0], "{config:?}");
    }
    for (function, config) in functions().flat_map(|f| configs().map(move |config| (f, config))) {
        let y = row(function, config, &[f32::NAN, 1.0]);
        assert!(y[0].is_nan() && !y[1].is_nan(), "{function:?} {config:?}");
    }
}

#[test]
fn broken_contracts_are_errors() {
    let op = Map {
        function: MapFunction::Scale(2.0),
    };
    assert!(matches!(
        op.infer(&[]),
        Err(ContractError::Arity { expected: 1, .. })
    ));
    let vector = ValueType::new(Elem::F32, [Dim::Fixed(8)]);
    let weight = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(8), Dim::Fixed(8)]);
    for bad in [vector, weight] {
        assert!(matches!(
            op.infer(&[bad]),
            Err(ContractError::Input { input: 0, .. })
        ));
    }
}
