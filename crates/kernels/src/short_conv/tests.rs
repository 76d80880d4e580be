use hearth_tensor::{DType, Dim, Symbol};

use super::reference::SHORT_SUM;
use super::{ShortConv, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{configs, f32s, i32s, in_place, kernel, run_in_place};
use crate::testing::{WIDTHS, assert_close, random};

const N_SEQUENCES: usize = 3;

/// A convolution of some channels, with random weights.
struct Conv {
    op: ShortConv,
    dims: [usize; 3],
    weight: Vec<f32>,
}

impl Conv {
    fn new(channels: usize, taps: usize) -> Self {
        Conv {
            op: ShortConv,
            dims: [N_SEQUENCES, taps - 1, channels],
            weight: random(1, channels * taps, 2.0),
        }
    }

    fn types(&self) -> [ValueType; 5] {
        let t = Dim::symbol(Symbol(0));
        let [_, before, channels] = self.dims;
        [
            ValueType::new(Elem::State(DType::F32), self.dims.map(Dim::Fixed)),
            ValueType::f32_rows(t, channels),
            ValueType::new(
                Elem::Weight(DType::F32),
                [channels, before + 1].map(Dim::Fixed),
            ),
            ValueType::new(Elem::I32, [t]),
            ValueType::new(Elem::I32, [t]),
        ]
    }

    fn state(&self) -> Vec<f32> {
        random(2, self.dims.iter().product(), 2.0)
    }

    fn inputs(&self, t: usize) -> Vec<f32> {
        random(3, t * self.dims[2], 2.0)
    }

    /// State and outputs after the tokens `(sequence, position)`, in all cuts.
    fn run(
        &self,
        config: CpuConfig,
        tokens: &[(i32, i32)],
        state: &[f32],
        x: &[f32],
    ) -> [Vec<f32>; 2] {
        let (sequences, positions): (Vec<i32>, Vec<i32>) = tokens.iter().copied().unzip();
        let [_, before, channels] = self.dims;
        let rows = [tokens.len()];
        run_in_place(
            &format!("{config:?}, {:?}, t={}", self.dims, tokens.len()),
            &*kernel(&self.op, &self.types(), config),
            &[
                in_place(&self.dims),
                f32s(&[tokens.len(), channels], x),
                f32s(&[channels, before + 1], &self.weight),
                i32s(&rows, &positions),
                i32s(&rows, &sequences),
            ],
            state,
            [tokens.len(), channels],
            &[16, 7, 3],
        )
    }

    fn check(&self, config: CpuConfig, tokens: &[(i32, i32)]) {
        let (state, x) = (self.state(), self.inputs(tokens.len()));
        let [got_state, y] = self.run(config, tokens, &state, &x);
        let positions: Vec<usize> = tokens.iter().map(|t| t.1 as usize).collect();
        let sequences: Vec<usize> = tokens.iter().map(|t| t.0 as usize).collect();
        let (want_state, want) = reference::short_conv(
            self.dims,
            &state,
            &x,
            &self.weight,
            [&positions, &sequences],
        );
        let context = format!("{config:?}, {:?}, {:?}, {tokens:?}", self.op, self.dims);
        assert_eq!(got_state, want_state, "{context}");
        assert_close(&context, &y, &want, SHORT_SUM);
    }
}

fn tokens(sequence: i32, positions: std::ops::Range<i32>) -> Vec<(i32, i32)> {
    positions.map(|p| (sequence, p)).collect()
}

#[test]
fn variants_match_reference() {
    let steps = [
        vec![],
        tokens(1, 0..1),
        tokens(2, 9..10),
        tokens(0, 0..6),
        tokens(0, 30..37),
        vec![(2, 5), (0, 0), (1, 77)],
        vec![(0, 4), (2, 0), (0, 5), (2, 1), (0, 6), (2, 2), (0, 7)],
        vec![(1, 8), (1, 9), (1, 0), (1, 1)], // a sequence that starts anew
    ];
    for config in configs() {
        for channels in WIDTHS {
            for taps in [2, 3, 4] {
                let conv = Conv::new(channels, taps);
                for step in &steps {
                    conv.check(config, step);
                }
            }
        }
    }
}

/// `[1, 2, 3]` over 1, 10, 100, 1000 in a sequence of its own.
#[test]
fn the_last_tap_is_the_token_itself() {
    for config in configs() {
        let mut conv = Conv::new(1, 3);
        conv.weight = vec![1.0, 2.0, 3.0];
        let x = [1.0, 10.0, 100.0, 1000.0];
        let [state, y] = conv.run(config, &tokens(1, 0..4), &[7.0; 6], &x);
        assert_eq!(y, [3.0, 32.0, 321.0, 3210.0]);
        assert_eq!(state, [7.0, 7.0, 100.0, 1000.0, 7.0, 7.0]);
    }
}

#[test]
fn pieces_of_a_prompt_equal_the_whole() {
    for config in configs() {
        let conv = Conv::new(20, 4);
        let steps: Vec<(i32, i32)> = (0..12).map(|i| (i % 2, i / 2)).collect();
        let x = conv.inputs(steps.len());
        let [whole_state, whole] = conv.run(config, &steps, &conv.state(), &x);
        for piece in [1, 2, 5] {
            let (mut state, mut y) = (conv.state(), Vec::new());
            for (tokens, x) in steps.chunks(piece).zip(x.chunks(piece * 20)) {
                let [next, part] = conv.run(config, tokens, &state, x);
                state = next;
                y.extend(part);
            }
            assert_eq!((&state, &y), (&whole_state, &whole), "{config:?}, {piece}");
        }
    }
}

#[test]
fn position_0_forgets_what_the_state_holds() {
    for config in configs() {
        let conv = Conv::new(9, 4);
        let (step, x) = (tokens(1, 0..2), conv.inputs(2));
        let [nan, zero] = [f32::NAN, 0.0].map(|before| {
            let state = vec![before; conv.dims.iter().product()];
            let [state, y] = conv.run(config, &step, &state, &x);
            (state[27..54].to_vec(), y)
        });
        assert_eq!(nan, zero);
    }
}

#[test]
fn threads_get_channels_of_both_outputs() {
    let config = configs().next().expect("there is always one");
    let conv = Conv::new(64, 3);
    let kernel = kernel(&conv.op, &conv.types(), config);
    assert_eq!(kernel.partition(&conv.dims, 4), Partition::Cols(16));
    assert_eq!(conv.op.states_written(), [0]);
}

#[test]
#[should_panic(expected = "short_conv: sequence 3, but the state holds 3")]
fn sequence_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    let conv = Conv::new(4, 3);
    conv.run(config, &[(3, 0)], &conv.state(), &conv.inputs(1));
}

#[test]
fn broken_contracts_are_errors() {
    let conv = Conv::new(16, 3);
    let good = conv.types();
    let outputs = vec![good[0].clone(), good[1].clone()];
    assert_eq!(conv.op.infer(&good), Ok(outputs));
    assert!(matches!(
        conv.op.infer(&good[..4]),
        Err(ContractError::Arity { expected: 5, .. })
    ));
    let state = |dtype, dims: &[usize]| {
        let dims = dims.iter().map(|&d| Dim::Fixed(d));
        ValueType::new(Elem::State(dtype), dims)
    };
    let weight =
        |dtype, dims: [usize; 2]| ValueType::new(Elem::Weight(dtype), dims.map(Dim::Fixed));
    let other_rows = ValueType::new(Elem::I32, [Dim::Fixed(1)]);
    for (input, bad) in [
        (0, state(DType::F16, &[3, 2, 16])),
        (0, state(DType::F32, &[3, 32])),
        (0, state(DType::F32, &[3, 0, 16])),
        (1, ValueType::f32_rows(Dim::symbol(Symbol(0)), 8)),
        (2, weight(DType::F32, [16, 4])),
        (2, weight(DType::F32, [3, 16])),
        (2, weight(DType::F16, [16, 3])),
        (3, other_rows.clone()),
        (4, other_rows),
    ] {
        let mut types = good.clone();
        types[input] = bad;
        let error = conv.op.infer(&types);
        assert!(
            matches!(error, Err(ContractError::Input { input: i, .. }) if i == input),
            "{error:?}"
        );
    }
}
