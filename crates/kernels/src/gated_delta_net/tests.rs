use hearth_tensor::{DType, Dim, Symbol};

use super::reference::REMEMBERED;
use super::{GatedDeltaNet, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{configs, f32s, i32s, in_place, kernel, run_in_place};
use crate::testing::{assert_close, random};

const N_SEQUENCES: usize = 3;

/// An operation with random weights, and the inputs of some tokens `(sequence, position)`.
#[derive(Clone)]
struct Step {
    op: GatedDeltaNet,
    tokens: Vec<(i32, i32)>,
    qkv: Vec<f32>,
    alpha: Vec<f32>,
    beta: Vec<f32>,
    dt_bias: Vec<f32>,
    a: Vec<f32>,
}

impl Step {
    fn new([n_k_heads, n_v_heads, k_dim, v_dim]: [usize; 4], tokens: &[(i32, i32)]) -> Self {
        let op = GatedDeltaNet {
            n_k_heads,
            n_v_heads,
            k_dim,
            v_dim,
            eps: 1e-6,
        };
        let t = tokens.len();
        // Decay lies between e^-3 and 1.
        let a = random(5, n_v_heads, 1.0);
        Step {
            qkv: random(1, t * op.in_cols().expect("heads"), 2.0),
            alpha: random(2, t * n_v_heads, 2.0),
            beta: random(3, t * n_v_heads, 4.0),
            dt_bias: random(4, n_v_heads, 1.0),
            a: a.into_iter().map(|a| -a.abs()).collect(),
            tokens: tokens.to_vec(),
            op,
        }
    }

    fn state_dims(&self) -> [usize; 3] {
        let op = &self.op;
        [N_SEQUENCES, op.k_dim, op.n_v_heads * op.v_dim]
    }

    fn state(&self) -> Vec<f32> {
        random(6, self.state_dims().iter().product(), 1.0)
    }

    fn types(&self) -> [ValueType; 8] {
        let t = Dim::symbol(Symbol(0));
        let gates = ValueType::f32_rows(t, self.op.n_v_heads);
        let dims = [Dim::Fixed(self.op.n_v_heads)];
        let weight = ValueType::new(Elem::Weight(DType::F32), dims);
        let ids = ValueType::new(Elem::I32, [t]);
        [
            ValueType::new(Elem::State(DType::F32), self.state_dims().map(Dim::Fixed)),
            ValueType::f32_rows(t, self.op.in_cols().expect("heads")),
            gates.clone(),
            gates,
            weight.clone(),
            weight,
            ids.clone(),
            ids,
        ]
    }

    /// The same operation with some of the tokens.
    fn part(&self, tokens: std::ops::Range<usize>) -> Self {
        let part =
            |rows: &[f32], cols: usize| rows[tokens.start * cols..tokens.end * cols].to_vec();
        Step {
            tokens: self.tokens[tokens.clone()].to_vec(),
            qkv: part(&self.qkv, self.op.in_cols().expect("heads")),
            alpha: part(&self.alpha, self.op.n_v_heads),
            beta: part(&self.beta, self.op.n_v_heads),
            ..self.clone()
        }
    }

    /// State and outputs afterwards, in all cuts.
    fn run(&self, config: CpuConfig, state: &[f32]) -> [Vec<f32>; 2] {
        let (sequences, positions): (Vec<i32>, Vec<i32>) = self.tokens.iter().copied().unzip();
        let (op, t) = (&self.op, self.tokens.len());
        let heads = [op.n_v_heads];
        run_in_place(
            &format!("{config:?}, {op:?}, t={t}"),
            &*kernel(op, &self.types(), config),
            &[
                in_place(&self.state_dims()),
                f32s(&[t, op.in_cols().expect("heads")], &self.qkv),
                f32s(&[t, op.n_v_heads], &self.alpha),
                f32s(&[t, op.n_v_heads], &self.beta),
                f32s(&heads, &self.dt_bias),
                f32s(&heads, &self.a),
                i32s(&[t], &positions),
                i32s(&[t], &sequences),
            ],
            state,
            [t, op.n_v_heads * op.v_dim],
            &[op.v_dim, 2 * op.v_dim],
        )
    }

    /// What the reference makes of it: state and outputs.
    fn want(&self, state: &[f32]) -> [Vec<f64>; 2] {
        let mut state: Vec<f64> = state.iter().map(|&v| f64::from(v)).collect();
        let numbers = |of: fn(&(i32, i32)) -> i32| -> Vec<usize> {
            self.tokens.iter().map(|t| of(t) as usize).collect()
        };
        let inputs = reference::Inputs {
            qkv: &self.qkv,
            alpha: &self.alpha,
            beta: &self.beta,
            dt_bias: &self.dt_bias,
            a: &self.a,
            positions: &numbers(|t| t.1),
            sequences: &numbers(|t| t.0),
        };
        let y = reference::gated_delta_net(&self.op, &mut state, &inputs);
        [state, y]
    }

    fn check(&self, config: CpuConfig) {
        let state = self.state();
        let (got, want) = (self.run(config, &state), self.want(&state));
        let context = format!("{config:?}, {:?}, {:?}", self.op, self.tokens);
        for (got, want) in got.iter().zip(&want) {
            assert_close(&context, got, want, REMEMBERED);
        }
    }
}

/// `[n_k_heads, n_v_heads, k_dim, v_dim]`: around the lanes of a vector and the columns of a block.
const HEADS: [[usize; 4]; 7] = [
    [1, 1, 1, 1],
    [2, 2, 16, 16],
    [2, 4, 8, 12],
    [1, 3, 5, 7],
    [2, 6, 20, 33],
    [1, 2, 3, 70],
    [1, 2, 128, 128],
];

fn tokens(sequence: i32, positions: std::ops::Range<i32>) -> Vec<(i32, i32)> {
    positions.map(|p| (sequence, p)).collect()
}

#[test]
fn variants_match_reference() {
    let steps = [
        vec![],
        tokens(1, 0..1),
        tokens(2, 9..10),
        tokens(0, 0..40),
        tokens(1, 30..37),
        vec![(2, 5), (0, 0), (1, 77)],
        vec![(0, 4), (2, 0), (0, 5), (2, 1), (0, 6), (2, 2), (0, 7)],
        vec![(1, 8), (1, 9), (1, 0), (1, 1)], // a sequence that starts anew
    ];
    for config in configs() {
        for heads in HEADS {
            for step in &steps {
                Step::new(heads, step).check(config);
            }
        }
    }
}

/// One head of one element: `S` is a number, and the key's length is 1 whatever its value.
#[test]
fn a_number_decays_and_is_corrected() {
    for config in configs() {
        let mut step = Step::new([1, 1, 1, 1], &tokens(0, 5..6));
        step.op.eps = 0.0;
        // Query -1, key 1, value 10; softplus(0) = ln 2, so the decay is 1/4; half of the error is corrected.
        step.qkv = vec![-3.0, 5.0, 10.0];
        (step.alpha, step.dt_bias) = (vec![1.5], vec![-1.5]);
        (step.a, step.beta) = (vec![-2.0], vec![0.0]);
        let [state, y] = step.run(config, &[8.0, 7.0, 7.0]);
        assert_close("state", &state, &[6.0, 7.0, 7.0], REMEMBERED);
        assert_close("y", &y, &[-6.0], REMEMBERED);
    }
}

#[test]
fn pieces_of_a_prompt_equal_the_whole() {
    for config in configs() {
        let order: Vec<(i32, i32)> = (0..12).map(|i| (i % 2, i / 2)).collect();
        let step = Step::new([2, 4, 8, 12], &order);
        let whole = step.run(config, &step.state());
        for piece in [1, 2, 5] {
            let (mut state, mut y) = (step.state(), Vec::new());
            for start in (0..12).step_by(piece) {
                let part = step.part(start..(start + piece).min(12));
                let [next, rows] = part.run(config, &state);
                state = next;
                y.extend(rows);
            }
            assert_eq!([state, y], whole, "{config:?}, {piece}");
        }
    }
}

#[test]
fn position_0_forgets_what_the_state_holds() {
    for config in configs() {
        let step = Step::new([1, 2, 4, 9], &tokens(1, 0..2));
        let cells = 4 * 18;
        let [nan, zero] = [f32::NAN, 0.0].map(|before| {
            let [state, y] = step.run(config, &vec![before; N_SEQUENCES * cells]);
            (state[cells..2 * cells].to_vec(), y)
        });
        assert_eq!(nan, zero);
    }
}

/// Far gates forget everything, or keep everything and correct nothing; neither gives NaN.
#[test]
fn far_gates_close_and_open() {
    for config in configs() {
        for (alpha, beta, kept) in [(1000.0, 1000.0, false), (-1000.0, -1000.0, true)] {
            let mut step = Step::new([1, 1, 4, 4], &tokens(0, 3..4));
            (step.alpha, step.beta, step.a) = (vec![alpha], vec![beta], vec![-1.0]);
            let state = step.state();
            let [after, y] = step.run(config, &state);
            assert!(y.iter().chain(&after).all(|v| v.is_finite()), "{config:?}");
            if kept {
                assert_eq!(after, state, "{config:?}");
            } else {
                let zero = vec![0.0; state.len()];
                assert_eq!(after[..16], step.run(config, &zero)[0][..16], "{config:?}");
            }
        }
    }
}

/// Without `eps`, or with the norm bounded instead, a vector of zeros divides by 0 or gives another length.
#[test]
fn small_vectors_stay_small() {
    for config in configs() {
        for scale in [0.0, 1e-3] {
            let mut step = Step::new([1, 1, 4, 4], &tokens(0, 0..3));
            step.qkv.iter_mut().for_each(|v| *v *= scale);
            step.check(config);
        }
    }
}

#[test]
fn threads_get_whole_heads() {
    let config = configs().next().expect("there is always one");
    let step = Step::new([2, 4, 8, 12], &[]);
    let kernel = kernel(&step.op, &step.types(), config);
    assert_eq!(kernel.partition(&step.state_dims(), 4), Partition::Cols(12));
    assert_eq!(step.op.states_written(), [0]);
}

#[test]
#[should_panic(expected = "gated_delta_net: sequence -1, but the state holds 3")]
fn sequence_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    let step = Step::new([1, 1, 4, 4], &[(-1, 0)]);
    step.run(config, &step.state());
}

#[test]
fn broken_contracts_are_errors() {
    let step = Step::new([2, 4, 8, 12], &[]);
    let good = step.types();
    let y = ValueType::f32_rows(Dim::symbol(Symbol(0)), 48);
    assert_eq!(step.op.infer(&good), Ok(vec![good[0].clone(), y.clone()]));
    assert!(matches!(
        step.op.infer(&good[..7]),
        Err(ContractError::Arity { expected: 8, .. })
    ));
    let op = |n_k_heads, n_v_heads, k_dim, v_dim| GatedDeltaNet {
        n_k_heads,
        n_v_heads,
        k_dim,
        v_dim,
        eps: 1e-6,
    };
    for (op, bad) in [
        (op(0, 4, 8, 12), 0),
        (op(3, 4, 8, 12), 0),
        (op(2, 4, 4, 12), 0),
        (op(2, 4, 8, 13), 0),
        (op(2, usize::MAX, 8, 12), 0),
        (op(1, 4, 8, 12), 1),
        (op(2, 6, 8, 8), 2), // as wide as it should be, but with other heads
    ] {
        let error = op.infer(&good);
        assert!(
            matches!(error, Err(ContractError::Input { input, .. }) if input == bad),
            "{op:?}: {error:?}"
        );
    }
    for input in 0..8 {
        let mut types = good.clone();
        types[input] = y.clone();
        let error = step.op.infer(&types);
        assert!(
            matches!(error, Err(ContractError::Input { input: i, .. }) if i == input),
            "{error:?}"
        );
    }
}
