//! The formula, in `f64`, put together from those of the operations that it stands for.

use super::RopeWrite;
use crate::rms_norm::reference::rms_norm;
use crate::rope::reference::rope;

/// What a token's row of x becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Turned queries, `[n_heads * head_dim]`.
    pub queries: Vec<f64>,
    /// The cells of its keys, `[n_kv_heads * head_dim]`.
    pub keys: Vec<f64>,
    /// The cells of its values; empty if there are none.
    pub values: Vec<f64>,
}

/// The row of a token at `position`.
pub fn row(
    op: &RopeWrite,
    n_kv_heads: usize,
    x: &[f32],
    position: i32,
    inv_freq: &[f32],
    norms: &[f32],
) -> Row {
    let head_dim = op.rope.head_dim;
    let (q, rest) = x.split_at(op.n_heads * head_dim);
    let (k, v) = rest.split_at(n_kv_heads * head_dim);
    let turned = |heads: &[f32], weight: &[f32]| {
        let normed: Vec<f32> = match op.norm {
            Some(eps) => rms_norm(heads, weight, eps)
                .iter()
                .map(|&v| v as f32)
                .collect(),
            None => heads.to_vec(),
        };
        rope(&op.rope, &normed, &[position], inv_freq)
    };
    let (q_norm, k_norm) = norms.split_at(norms.len() / 2);
    Row {
        queries: turned(q, q_norm),
        keys: turned(k, k_norm),
        values: v.iter().map(|&v| f64::from(v)).collect(),
    }
}
