use hearth_tensor::{DType, Dim};

use super::{Route, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{configs, f32s, kernel, tiles};
use crate::testing::{REORDERED_F32, assert_close, random, rows_of_floats};
use crate::tile::{OutTile, TileMut};

/// Ids and weights, computed tile by tile.
fn run(
    config: CpuConfig,
    logits: &[f32],
    [t, n_experts]: [usize; 2],
    n_used: usize,
    cut: Partition,
) -> (Vec<i32>, Vec<f32>) {
    run_scaled(config, (logits, None), [t, n_experts], n_used, cut)
}

/// As [`run`], with a factor for each expert.
fn run_scaled(
    config: CpuConfig,
    (logits, scale): (&[f32], Option<&[f32]>),
    [t, n_experts]: [usize; 2],
    n_used: usize,
    cut: Partition,
) -> (Vec<i32>, Vec<f32>) {
    let scaled = scale.is_some();
    let factors = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(n_experts)]);
    let types = [rows_of_floats(n_experts), factors];
    let types = &types[..1 + usize::from(scaled)];
    let kernel = kernel(&Route { n_used, scaled }, types, config);
    let (dims, width) = ([t, n_experts], [n_experts]);
    let mut inputs = vec![f32s(&dims, logits)];
    inputs.extend(scale.map(|scale| f32s(&width, scale)));
    let (mut ids, mut weights) = (vec![-1; t * n_used], vec![f32::NAN; t * n_used]);
    for [rows, cols] in tiles(cut, t, n_used) {
        let mut outputs = [
            OutTile::I32(TileMut::part(&mut ids, n_used, rows.clone(), cols.clone())),
            OutTile::F32(TileMut::part(&mut weights, n_used, rows, cols)),
        ];
        kernel.run(&inputs, &mut outputs, &mut []);
    }
    (ids, weights)
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for (n_experts, n_used) in [(1, 1), (4, 2), (8, 8), (9, 3), (128, 8), (257, 11)] {
            for (t, scale) in [(0, 1.0), (1, 20.0), (5, 3.0)] {
                let logits = random(7, t * n_experts, scale);
                let dims = [t, n_experts];
                let context = format!("{config:?}, {dims:?}, {n_used} used");
                let whole = run(config, &logits, dims, n_used, Partition::Whole);
                for cut in [Partition::Rows(1), Partition::Rows(2)] {
                    assert_eq!(whole, run(config, &logits, dims, n_used, cut), "{context}");
                }
                let (ids, weights) = reference::route(&logits, None, n_experts, n_used);
                assert_eq!(whole.0, ids, "{context}");
                assert_close(&context, &whole.1, &weights, REORDERED_F32);
            }
        }
    }
}

#[test]
fn equal_logits_go_to_the_lower_expert_first() {
    for config in configs() {
        let logits = [1.0, 2.0, -0.0, 2.0, 0.0, 1.0];
        let (ids, weights) = run(config, &logits, [1, 6], 5, Partition::Whole);
        assert_eq!(ids, [1, 3, 0, 5, 2], "{config:?}");
        assert_eq!((weights[0], weights[2]), (weights[1], weights[3]));
    }
}

#[test]
fn factors_of_the_chosen_multiply_their_weights() {
    for config in configs() {
        let (logits, scale) = ([1.0, 3.0, 1.0], [2.0, 10.0, 4.0]);
        let dims = [1, 3];
        let cut = Partition::Whole;
        let (ids, plain) = run(config, &logits, dims, 3, cut);
        let (same, scaled) = run_scaled(config, (&logits, Some(&scale)), dims, 3, cut);
        assert_eq!((&ids, &same), (&vec![1, 0, 2], &ids), "{config:?}");
        let want = [10.0 * plain[0], 2.0 * plain[1], 4.0 * plain[2]];
        assert_eq!(scaled, want, "{config:?}");
    }
}

#[test]
fn nan_is_chosen_last_and_shows_in_the_weights() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for config in configs() {
        for (logits, want) in [
            ([nan, 1.0, 2.0], [2, 1]),
            ([nan, nan, nan], [0, 1]),
            ([-inf, nan, 3.0], [2, 0]),
            ([-inf, -inf, -inf], [0, 1]),
            ([1.0, inf, inf], [1, 2]),
        ] {
            let (ids, weights) = run(config, &logits, [1, 3], 2, Partition::Whole);
            assert_eq!(ids, want, "{config:?} {logits:?}");
            assert!(weights.iter().all(|w| w.is_nan()), "{config:?} {logits:?}");
        }
        // What is not chosen does no harm.
        let (ids, weights) = run(config, &[5.0, -inf, 5.0], [1, 3], 2, Partition::Whole);
        assert_eq!((ids, weights), (vec![0, 2], vec![0.5, 0.5]), "{config:?}");
    }
}

#[test]
fn broken_contracts_are_errors() {
    let op = Route {
        n_used: 4,
        scaled: false,
    };
    let rows = rows_of_floats(8);
    let dims = [rows.dims[0], Dim::Fixed(4)];
    assert_eq!(
        op.infer(std::slice::from_ref(&rows)),
        Ok(vec![
            ValueType::new(Elem::I32, dims),
            ValueType::new(Elem::F32, dims)
        ])
    );
    assert!(matches!(
        op.infer(&[]),
        Err(ContractError::Arity { expected: 1, .. })
    ));
    for bad in [rows_of_floats(3), ValueType::new(Elem::I32, rows.dims)] {
        assert!(matches!(
            op.infer(&[bad]),
            Err(ContractError::Input { input: 0, .. })
        ));
    }
}
