//! The formula, in `f64`, one token and head at a time.

use super::GatedDeltaNet;
use crate::tolerance::Tolerance;

/// Matrices within ±20, of which up to 128 elements are summed; an error that a token makes shrinks with the matrix.
pub(crate) const REMEMBERED: Tolerance = Tolerance {
    abs: 1e-5,
    rel: 1e-5,
};

/// The inputs of a step.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Queries, keys and values, `[t, 2 * n_k_heads * k_dim + n_v_heads * v_dim]`.
    pub qkv: &'a [f32],
    /// What decays, `[t, n_v_heads]`.
    pub alpha: &'a [f32],
    /// How much is corrected, `[t, n_v_heads]`.
    pub beta: &'a [f32],
    /// Added to `alpha`, `[n_v_heads]`.
    pub dt_bias: &'a [f32],
    /// Factor of the decay, `[n_v_heads]`.
    pub a: &'a [f32],
    /// Positions of the tokens.
    pub positions: &'a [usize],
    /// Sequences of the tokens.
    pub sequences: &'a [usize],
}

/// Bring `state` up to date and give the outputs.
pub fn gated_delta_net(op: &GatedDeltaNet, state: &mut [f64], inputs: &Inputs<'_>) -> Vec<f64> {
    let (cols, keys) = (op.n_v_heads * op.v_dim, op.n_k_heads * op.k_dim);
    let mut y = Vec::new();
    for (i, (&position, &sequence)) in inputs.positions.iter().zip(inputs.sequences).enumerate() {
        let row: Vec<f64> = inputs.qkv[i * (2 * keys + cols)..][..2 * keys + cols]
            .iter()
            .map(|&v| f64::from(v))
            .collect();
        let state = &mut state[sequence * op.k_dim * cols..][..op.k_dim * cols];
        if position == 0 {
            state.fill(0.0);
        }
        for h in 0..op.n_v_heads {
            let k_head = h % op.n_k_heads * op.k_dim;
            let q = normalised(&row[k_head..][..op.k_dim], op.eps);
            let k = normalised(&row[keys + k_head..][..op.k_dim], op.eps);
            let v = &row[2 * keys + h * op.v_dim..][..op.v_dim];
            let at = |weights: &[f32], i: usize| f64::from(weights[i]);
            let step = at(inputs.alpha, i * op.n_v_heads + h) + at(inputs.dt_bias, h);
            let softplus = if step > 20.0 {
                step
            } else {
                step.exp().ln_1p()
            };
            let decay = (at(inputs.a, h) * softplus).exp();
            let rate = 1.0 / (1.0 + (-at(inputs.beta, i * op.n_v_heads + h)).exp());
            for (j, v) in v.iter().enumerate() {
                let cell = |d: usize| d * cols + h * op.v_dim + j;
                for d in 0..op.k_dim {
                    state[cell(d)] *= decay;
                }
                let predicted: f64 = (0..op.k_dim).map(|d| k[d] * state[cell(d)]).sum();
                for d in 0..op.k_dim {
                    state[cell(d)] += k[d] * rate * (v - predicted);
                }
                let read: f64 = (0..op.k_dim).map(|d| q[d] * state[cell(d)]).sum();
                y.push(read / (op.k_dim as f64).sqrt());
            }
        }
    }
    y
}

fn normalised(x: &[f64], eps: f32) -> Vec<f64> {
    let sum: f64 = x.iter().map(|v| v * v).sum();
    x.iter()
        .map(|v| v / (sum + f64::from(eps)).sqrt())
        .collect()
}
