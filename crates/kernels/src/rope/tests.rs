use hearth_tensor::{DType, Dim, Symbol};

use super::reference::ROTATED;
use super::{Rope, RopeLayout, frequencies, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::testing::{assert_close, random};

const LAYOUTS: [RopeLayout; 2] = [RopeLayout::Interleaved, RopeLayout::Halves];

fn op(head_dim: usize, rotary_dims: usize, layout: RopeLayout) -> Rope {
    Rope {
        head_dim,
        rotary_dims,
        layout,
        magnitude: 1.0,
    }
}

fn types(op: &Rope, n_heads: usize) -> [ValueType; 3] {
    let t = Dim::symbol(Symbol(0));
    [
        ValueType::f32_rows(t, n_heads * op.head_dim),
        ValueType::new(Elem::I32, [t]),
        ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(op.rotary_dims / 2)]),
    ]
}

#[test]
fn variants_match_reference() {
    let positions = [0, 1, 7, 4095, 131_071];
    let t = positions.len();
    for config in configs() {
        for layout in LAYOUTS {
            for (head_dim, rotary_dims) in [(2, 2), (6, 4), (16, 16), (64, 64), (80, 20), (128, 66)]
            {
                let op = Rope {
                    magnitude: if head_dim == 16 { 1.25 } else { 1.0 },
                    ..op(head_dim, rotary_dims, layout)
                };
                let inv_freq = frequencies(rotary_dims, 10_000.0, None, 1.0);
                let n = 3 * head_dim;
                let x = random(head_dim as u64, t * n, 4.0);
                let context = format!("{config:?}, {op:?}");
                let y = run_all(
                    &context,
                    &*kernel(&op, &types(&op, 3), config),
                    &[
                        f32s(&[t, n], &x),
                        i32s(&[t], &positions),
                        f32s(&[rotary_dims / 2], &inv_freq),
                    ],
                    (1, [t, n]),
                    &[
                        Partition::Rows(1),
                        Partition::Rows(2),
                        Partition::Cols(head_dim),
                        Partition::Cols(2 * head_dim),
                    ],
                );
                let want = reference::rope(&op, &x, &positions, &inv_freq);
                assert_close(&context, &y[0], &want, ROTATED);
            }
        }
    }
}

/// By hand: with one pair and a quarter turn per position, `(1, 0)` goes to `(0, 1)`.
#[test]
fn a_quarter_turn_swaps_the_pair() {
    let quarter = [std::f32::consts::FRAC_PI_2];
    for config in configs() {
        for (layout, want) in [
            (RopeLayout::Interleaved, [0.0, 1.0, 5.0, 6.0]),
            (RopeLayout::Halves, [0.0, 1.0, 5.0, 6.0]),
        ] {
            let op = op(4, 2, layout);
            let y = run_all(
                "quarter turn",
                &*kernel(&op, &types(&op, 1), config),
                &[
                    f32s(&[1, 4], &[1.0, 0.0, 5.0, 6.0]),
                    i32s(&[1], &[1]),
                    f32s(&[1], &quarter),
                ],
                (1, [1, 4]),
                &[],
            );
            assert_close("quarter turn", &y[0], &want, ROTATED);
        }
    }
}

/// By hand: at half a turn both layouts negate what they rotate, and only the pairs differ at other angles.
#[test]
fn layouts_pair_different_elements() {
    let inv_freq = [std::f32::consts::FRAC_PI_2, 0.0];
    for config in configs() {
        for (layout, want) in [
            (RopeLayout::Interleaved, [-2.0, 1.0, 3.0, 4.0]),
            (RopeLayout::Halves, [-3.0, 2.0, 1.0, 4.0]),
        ] {
            let op = op(4, 4, layout);
            let y = run_all(
                "pairs",
                &*kernel(&op, &types(&op, 1), config),
                &[
                    f32s(&[1, 4], &[1.0, 2.0, 3.0, 4.0]),
                    i32s(&[1], &[1]),
                    f32s(&[2], &inv_freq),
                ],
                (1, [1, 4]),
                &[],
            );
            assert_close("pairs", &y[0], &want, ROTATED);
        }
    }
}

#[test]
fn frequencies_follow_the_formula() {
    let plain = frequencies(4, 10_000.0, None, 1.0);
    assert_close("plain", &plain, &[1.0, 0.01], ROTATED);
    let scaled = frequencies(4, 10_000.0, Some(&[1.0, 8.0]), 0.5);
    assert_close("scaled", &scaled, &[0.5, 0.01 / 16.0], ROTATED);
    assert!(frequencies(0, 10_000.0, None, 1.0).is_empty());
}

#[test]
#[should_panic(expected = "position -1")]
fn negative_position_panics() {
    let op = op(2, 2, RopeLayout::Halves);
    let config = configs().next().expect("there is always one");
    let kernel = kernel(&op, &types(&op, 1), config);
    let inputs = [
        f32s(&[1, 2], &[1.0, 2.0]),
        i32s(&[1], &[-1]),
        f32s(&[1], &[1.0]),
    ];
    run_all("negative", &*kernel, &inputs, (1, [1, 2]), &[]);
}

#[test]
fn broken_contracts_are_errors() {
    let good = op(8, 4, RopeLayout::Halves);
    let [x, positions, inv_freq] = types(&good, 2);
    let inputs = [x.clone(), positions.clone(), inv_freq.clone()];
    assert_eq!(good.infer(&inputs), Ok(vec![x.clone()]));
    assert!(matches!(
        good.infer(&inputs[..2]),
        Err(ContractError::Arity { expected: 3, .. })
    ));
    for (op, bad) in [
        (op(8, 10, RopeLayout::Halves), 0),
        (op(7, 4, RopeLayout::Halves), 0),
        (op(8, 3, RopeLayout::Halves), 2),
        (op(8, 6, RopeLayout::Halves), 2),
        (op(0, 0, RopeLayout::Halves), 0),
    ] {
        let error = op.infer(&inputs);
        assert!(
            matches!(error, Err(ContractError::Input { input, .. }) if input == bad),
            "{op:?}: {error:?}"
        );
    }
    let fewer = ValueType::new(Elem::I32, [Dim::Fixed(1)]);
    assert!(matches!(
        good.infer(&[x, fewer, inv_freq]),
        Err(ContractError::Input { input: 1, .. })
    ));
}
