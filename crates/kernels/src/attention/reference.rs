//! The formula, in `f64`, one query at a time.

use super::Attention;
use crate::kv_write::CacheShape;

/// A cache of keys or of values.
#[derive(Clone, Copy, Debug)]
pub struct Cache<'a> {
    /// Its dimensions.
    pub shape: CacheShape,
    /// Its elements.
    pub data: &'a [f32],
}

impl<'a> Cache<'a> {
    fn cell(&self, head: usize, sequence: usize, position: usize) -> &'a [f32] {
        let start = self.shape.row(head, sequence, position) * self.shape.head_dim;
        &self.data[start..start + self.shape.head_dim]
    }
}

/// Attention of each token and head.
pub fn attention(
    op: &Attention,
    q: &[f32],
    [k, v]: [Cache<'_>; 2],
    positions: &[usize],
    sequences: &[usize],
) -> Vec<f64> {
    let mut y = Vec::new();
    for (i, (&position, &sequence)) in positions.iter().zip(sequences).enumerate() {
        for head in 0..op.n_heads {
            let q = &q[(i * op.n_heads + head) * op.head_dim..][..op.head_dim];
            let kv_head = head / (op.n_heads / op.n_kv_heads);
            let scores: Vec<f64> = (0..=position)
                .map(|p| f64::from(op.scale) * dot(q, k.cell(kv_head, sequence, p)))
                .collect();
            let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for d in 0..op.head_dim {
                let terms = weights
                    .iter()
                    .enumerate()
                    .map(|(p, w)| w * f64::from(v.cell(kv_head, sequence, p)[d]));
                y.push(terms.sum::<f64>() / sum);
            }
        }
    }
    y
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum()
}
