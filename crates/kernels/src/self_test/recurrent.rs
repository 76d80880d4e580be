//! Operations that carry a state from token to token.

use hearth_tensor::DType;

use super::case::{Case, Want};
use super::value::{Value, doubles};
use crate::gated_delta_net::reference::Inputs;
use crate::gated_delta_net::{self, GatedDeltaNet};
use crate::short_conv::{self, ShortConv};

/// Sequences of a state, of which the tokens belong to two: one that begins, and one that goes on.
const SEQUENCES: usize = 3;
const SEQUENCE_OF: [usize; 5] = [0, 2, 0, 2, 2];
const POSITIONS: [usize; 5] = [0, 9, 1, 10, 11];

/// The questions.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let all: [fn() -> Case; 2] = [short_conv, gated_delta_net];
    all.into_iter().map(|case| case())
}

/// Positions and sequences as inputs.
fn places() -> [Value; 2] {
    [POSITIONS, SEQUENCE_OF].map(|numbers| {
        let numbers = numbers.map(|n| n as i32);
        Value::integers(&[numbers.len()], &numbers)
    })
}

fn short_conv() -> Case {
    const TAPS: usize = 4;
    const CHANNELS: usize = 203;
    let dims = [SEQUENCES, TAPS - 1, CHANNELS];
    let state = Value::state(1, DType::F32, &dims, 4.0);
    let x = Value::random(2, &[POSITIONS.len(), CHANNELS], 4.0);
    let weight = Value::random(3, &[CHANNELS, TAPS], 1.0);
    let [before, rows, taps] = [&state, &x, &weight].map(Value::singles);
    let places_of = [&POSITIONS[..], &SEQUENCE_OF[..]];
    let (after, y) = short_conv::reference::short_conv(dims, &before, &rows, &taps, places_of);
    let [positions, sequences] = places();
    let want = vec![
        Want::exactly(doubles(&after)),
        Want::within(short_conv::reference::SHORT_SUM, y),
    ];
    let inputs = vec![state, x, weight, positions, sequences];
    Case::new(ShortConv, inputs, want)
}

fn gated_delta_net() -> Case {
    let op = GatedDeltaNet {
        n_k_heads: 2,
        n_v_heads: 4,
        k_dim: 64,
        v_dim: 64,
        eps: 1e-6,
    };
    let (t, cols) = (POSITIONS.len(), op.n_v_heads * op.v_dim);
    let in_cols = 2 * op.n_k_heads * op.k_dim + cols;
    let state = Value::state(1, DType::F32, &[SEQUENCES, op.k_dim, cols], 1.0);
    let qkv = Value::random(2, &[t, in_cols], 2.0);
    let alpha = Value::random(3, &[t, op.n_v_heads], 2.0);
    let beta = Value::random(4, &[t, op.n_v_heads], 4.0);
    let dt_bias = Value::random(5, &[op.n_v_heads], 1.0);
    // The decay lies between e^-3 and 1.
    let a = Value::random(6, &[op.n_v_heads], 1.0).singles();
    let a = Value::floats(&[op.n_v_heads], a.into_iter().map(|a| -a.abs()).collect());
    let mut after = state.numbers();
    let y = {
        let [qkv, alpha, beta, dt_bias, a] =
            [&qkv, &alpha, &beta, &dt_bias, &a].map(Value::singles);
        let inputs = Inputs {
            qkv: &qkv,
            alpha: &alpha,
            beta: &beta,
            dt_bias: &dt_bias,
            a: &a,
            positions: &POSITIONS,
            sequences: &SEQUENCE_OF,
        };
        gated_delta_net::reference::gated_delta_net(&op, &mut after, &inputs)
    };
    let want = [after, y].map(|want| Want::within(gated_delta_net::reference::REMEMBERED, want));
    let [positions, sequences] = places();
    let inputs = vec![state, qkv, alpha, beta, dt_bias, a, positions, sequences];
    Case::new(op, inputs, want.into())
}
