use hearth_tensor::{DType, Dim};

use super::reference::ATTENDED;
use super::step::Step;
use super::{Attention, DECODE_TOKENS, Mask};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{Operand, OperandData, Partition};
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::testing::{assert_close, random};

pub(super) const CAUSAL: Mask = Mask::Causal { window: None };

/// `[n_heads, n_kv_heads, head_dim]`: every head its own keys, groups, one for all; around the lanes of a vector.
const HEADS: [[usize; 3]; 8] = [
    [1, 1, 1],
    [2, 2, 16],
    [6, 2, 64],
    [4, 1, 80],
    [3, 3, 7],
    [7, 1, 36],
    [4, 2, 32],
    [5, 1, 96],
];

/// The types that a cache of such heads may have.
fn types([_, _, head_dim]: [usize; 3]) -> impl Iterator<Item = DType> {
    let all = [DType::F32, DType::F16, DType::Q8_0];
    all.into_iter()
        .filter(move |dtype| dtype.bytes_for(head_dim).is_some())
}

fn tokens(sequence: i32, positions: std::ops::Range<i32>) -> Vec<(i32, i32)> {
    positions.map(|p| (sequence, p)).collect()
}

#[test]
fn variants_match_reference() {
    let steps = [
        tokens(0, 0..0),                                  // nothing
        tokens(0, 0..1),                                  // the first token
        tokens(2, 199..200),                              // decode at the end of the cache
        tokens(1, 63..66),                                // few tokens across a tile of keys
        tokens(0, 0..70),                                 // prefill, more than a block
        tokens(1, 50..129),                               // prefill after a prefix
        vec![(0, 5), (1, 130), (2, 0), (0, 6), (0, 7)],   // decode of several sequences
        [tokens(0, 100..140), tokens(2, 0..20)].concat(), // prefill of two sequences
        (0..40).rev().map(|p| (1, p * 5)).collect(),      // positions in no order
    ];
    for config in configs() {
        for heads in HEADS {
            for step in &steps {
                for dtype in types(heads) {
                    Step::new(heads, step).check(config, dtype, 2.0);
                }
            }
        }
    }
}

/// What tokens that are tried several at a time rest on.
#[test]
fn a_token_has_the_same_bits_alone_and_with_others() {
    for config in configs() {
        for heads in [[1, 1, 40], [3, 3, 32], [7, 1, 96]] {
            for (dtype, start) in types(heads).flat_map(|d| [(d, 0), (d, 57), (d, 120)]) {
                for mask in [CAUSAL, Mask::Causal { window: Some(30) }] {
                    let step = |first: i32, n: usize| {
                        let mut step = Step::new(heads, &tokens(1, first..first + n as i32));
                        step.op.mask = mask;
                        step
                    };
                    let whole = step(start, DECODE_TOKENS);
                    let caches = whole.caches(dtype);
                    let (q, cols) = (whole.queries(2.0), heads[0] * heads[2]);
                    let alone: Vec<Vec<f32>> = q
                        .chunks(cols)
                        .zip(start..)
                        .map(|(q, position)| step(position, 1).run(config, &caches, q))
                        .collect();
                    for n in 1..=DECODE_TOKENS {
                        let together = step(start, n).run(config, &caches, &q[..n * cols]);
                        let same = together
                            .iter()
                            .zip(alone.iter().flatten())
                            .all(|(a, b)| a.to_bits() == b.to_bits());
                        assert!(same, "{config:?}, {heads:?}, {dtype}, {n} from {start}");
                    }
                }
            }
        }
    }
}

/// Windows of a token, within a tile, over tiles, and longer than the text.
const MASKS: [Mask; 9] = [
    CAUSAL,
    Mask::Causal { window: Some(0) },
    Mask::Causal { window: Some(1) },
    Mask::Causal { window: Some(17) },
    Mask::Causal { window: Some(100) },
    Mask::Bidirectional { window: None },
    Mask::Bidirectional { window: Some(9) },
    Mask::Bidirectional { window: Some(150) },
    Mask::Bidirectional {
        window: Some(usize::MAX),
    },
];

#[test]
fn masks_soft_caps_and_sinks_match_reference() {
    let steps = [
        tokens(0, 0..1),
        tokens(2, 199..200),
        tokens(1, 63..66),
        tokens(0, 0..90),
        tokens(1, 70..150),
        vec![(0, 5), (1, 130), (2, 0), (0, 6), (0, 7)],
        [tokens(0, 100..140), tokens(2, 0..20)].concat(),
        (0..40).map(|i| (i % 2, i / 2 * 7)).collect(), // two sequences in turn
        (0..40).rev().map(|p| (1, p * 5)).collect(),
    ];
    for config in configs() {
        for heads in [[6, 2, 16], [7, 1, 12], [3, 1, 32]] {
            for tokens in &steps {
                for mask in MASKS {
                    for (softcap, sinks, dtype) in [
                        (None, true, DType::F16),
                        (Some(1.5), false, DType::F32),
                        (Some(20.0), true, DType::F16),
                        (None, true, DType::Q8_0),
                    ] {
                        if dtype.bytes_for(heads[2]).is_none() {
                            continue;
                        }
                        let mut step = Step::new(heads, tokens);
                        step.op = Attention {
                            mask,
                            softcap,
                            sinks,
                            ..step.op
                        };
                        step.check(config, dtype, 2.0);
                    }
                }
            }
        }
    }
}

/// Cells a tile or more before the window hold NaN, which would spoil the output even with a weight of 0.
#[test]
fn cells_before_all_windows_are_not_read() {
    for config in configs() {
        for step in [tokens(0, 190..191), tokens(0, 150..200)] {
            let mut step = Step::new([2, 1, 8], &step);
            step.op.mask = Mask::Causal { window: Some(20) };
            let first = step.positions[0] as usize - 19;
            let dims = step.cache_dims();
            let cells: usize = dims.iter().product();
            let read = |i: usize| (i / 8) % 200 >= first / 64 * 64;
            let data: Vec<f32> = (0..cells)
                .map(|i| if read(i) { 1.0 } else { f32::NAN })
                .collect();
            let t = step.positions.len();
            let (rows, out) = ([t], [t, 16]);
            let q = random(1, t * 16, 1.0);
            let inputs = [
                f32s(&out, &q),
                f32s(&dims, &data),
                f32s(&dims, &data),
                i32s(&rows, &step.positions),
                i32s(&rows, &step.sequences),
            ];
            let kernel = kernel(&step.op, &step.types(DType::F32), config);
            let y = run_all("window", &*kernel, &inputs, (1, out), &step.cuts());
            assert_close("window", &y[0], &vec![1.0; t * 16], ATTENDED);
        }
    }
}

/// Keys of 0 score 0, so a sink of `ln 3` weighs as much as three of them; one far above leaves nothing.
#[test]
fn sinks_take_their_share() {
    for config in configs() {
        for step in [tokens(0, 2..3), tokens(0, 0..40)] {
            let mut step = Step::new([2, 1, 4], &step);
            step.op.sinks = true;
            let dims = step.cache_dims();
            let cells: usize = dims.iter().product();
            let (k, v) = (vec![0.0; cells], vec![1.0; cells]);
            let sinks = [3.0f32.ln(), 1000.0];
            let t = step.positions.len();
            let (rows, out) = ([t], [t, 8]);
            let q = random(1, t * 8, 1.0);
            let inputs = [
                f32s(&out, &q),
                f32s(&dims, &k),
                f32s(&dims, &v),
                i32s(&rows, &step.positions),
                i32s(&rows, &step.sequences),
                f32s(&[2], &sinks),
            ];
            let kernel = kernel(&step.op, &step.types(DType::F32), config);
            let y = run_all("sinks", &*kernel, &inputs, (1, out), &[]);
            let share = |&p: &i32| f64::from(p + 1) / f64::from(p + 4);
            let want: Vec<f64> = step
                .positions
                .iter()
                .flat_map(|p| [[share(p); 4], [0.0; 4]].concat())
                .collect();
            assert_close(&format!("{config:?}, t={t}"), &y[0], &want, ATTENDED);
        }
    }
}

/// Scores far apart: a softmax that subtracts no maximum, or only that of the first tile, overflows.
#[test]
fn large_scores_do_not_overflow() {
    for config in configs() {
        for step in [tokens(0, 150..152), tokens(0, 90..150)] {
            let mut step = Step::new([2, 1, 16], &step);
            // Steep enough for scores of several hundred, and few enough bits for exact products.
            step.op.scale = 8.0;
            let dims = step.cache_dims();
            let cells: usize = dims.iter().product();
            // Keys grow with the position; values name it.
            let k: Vec<f32> = (0..cells).map(|i| ((i / 16) % 200) as f32 / 16.0).collect();
            let v: Vec<f32> = (0..cells).map(|i| ((i / 16) % 200) as f32).collect();
            let t = step.positions.len();
            let (rows, out) = ([t], [t, 32]);
            let q = vec![1.0; t * 32];
            let cache = |data| Operand {
                dims: &dims,
                data: OperandData::F32(data),
            };
            let inputs = [
                f32s(&out, &q),
                cache(&k),
                cache(&v),
                i32s(&rows, &step.positions),
                i32s(&rows, &step.sequences),
            ];
            let kernel = kernel(&step.op, &step.types(DType::F32), config);
            let y = run_all("large", &*kernel, &inputs, (1, out), &step.cuts());
            // A score grows by 8 a position, so the weights of the last ones are 1, e^-8, e^-16 … over their sum.
            let e = (-8.0f64).exp();
            let behind = e / (1.0 - e);
            let want: Vec<f64> = step
                .positions
                .iter()
                .flat_map(|&p| [f64::from(p) - behind; 32])
                .collect();
            assert_close(&format!("{config:?}, t={t}"), &y[0], &want, ATTENDED);
        }
    }
}

#[test]
fn heads_of_a_group_are_apart_only_for_many_chunks() {
    let config = configs().next().expect("there is always one");
    let step = Step::new([6, 2, 64], &[]);
    let kernel = kernel(&step.op, &step.types(DType::F32), config);
    assert_eq!(kernel.partition(&[1, 384], 8), Partition::Cols(192));
    assert_eq!(kernel.partition(&[1, 384], 9), Partition::Cols(64));
}

#[test]
#[should_panic(expected = "attention: position 0 of sequence 3")]
fn sequence_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    Step::new([1, 1, 1], &[(3, 0)]).check(config, DType::F32, 1.0);
}

#[test]
fn broken_contracts_are_errors() {
    let step = Step::new([6, 2, 16], &[]);
    let good = step.types(DType::F16);
    assert_eq!(step.op.infer(&good), Ok(vec![good[0].clone()]));
    assert!(matches!(
        step.op.infer(&good[..4]),
        Err(ContractError::Arity { expected: 5, .. })
    ));
    let op = |n_heads, n_kv_heads, head_dim| Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        ..step.op.clone()
    };
    for (op, bad) in [
        (op(5, 2, 16), 0),
        (op(6, 2, 8), 0),
        (op(0, 2, 16), 0),
        (op(6, 4, 16), 1),
        (op(6, 0, 16), 1),
        (op(6, 3, 16), 1),
        (op(12, 2, 8), 1),
    ] {
        let error = op.infer(&good);
        assert!(
            matches!(error, Err(ContractError::Input { input, .. }) if input == bad),
            "{op:?}: {error:?}"
        );
    }
    let mut other_v = good.clone();
    other_v[2].dims[2] = Dim::Fixed(100);
    let error = step.op.infer(&other_v);
    assert!(matches!(error, Err(ContractError::Input { input: 2, .. })));
    for input in [3, 4] {
        let mut types = good.clone();
        types[input] = ValueType::new(Elem::I32, [Dim::Fixed(1)]);
        let error = step.op.infer(&types);
        assert!(matches!(error, Err(ContractError::Input { input: i, .. }) if i == input));
    }
    let mut step = Step::new([6, 2, 16], &[]);
    step.op.sinks = true;
    let mut with_sinks = step.types(DType::F16);
    assert_eq!(step.op.infer(&with_sinks), Ok(vec![good[0].clone()]));
    let error = step.op.infer(&good);
    assert!(matches!(
        error,
        Err(ContractError::Arity { expected: 6, .. })
    ));
    with_sinks[5].dims = vec![Dim::Fixed(2)];
    let error = step.op.infer(&with_sinks);
    assert!(matches!(error, Err(ContractError::Input { input: 5, .. })));
}
