//! The formula, in `f64`, one query at a time.

use super::{Attention, Mask};
use crate::kv_write::CacheShape;
use crate::tolerance::Tolerance;

/// Scores lie within ±20, so f32 sums and the exponential are off by about 20 * 2^-22 relative to a weight; outputs
/// are means of values within ±2.
pub(crate) const ATTENDED: Tolerance = Tolerance {
    abs: 1e-5,
    rel: 1e-5,
};

/// A soft cap is off by 2e-7 of itself, see `softcap`, and a weight by as much as its score: caps up to 20.
pub(crate) const CAPPED: Tolerance = Tolerance {
    abs: 2e-5,
    rel: 2e-5,
};

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

/// Whether the query at `position` sees the key at `key`, in a text whose last position is `last`.
fn is_seen(mask: Mask, position: usize, key: usize, last: usize) -> bool {
    match mask {
        Mask::Causal { window } => {
            key == position || key < position && window.is_none_or(|w| position - key < w)
        }
        Mask::Bidirectional { window } => {
            key <= last && window.is_none_or(|w| position.abs_diff(key) <= w / 2)
        }
    }
}

/// Attention of each token and head. `sinks` may be empty.
pub fn attention(
    op: &Attention,
    q: &[f32],
    [k, v]: [Cache<'_>; 2],
    [positions, sequences]: [&[usize]; 2],
    sinks: &[f32],
) -> Vec<f64> {
    let mut y = Vec::new();
    for (i, (&position, &sequence)) in positions.iter().zip(sequences).enumerate() {
        let same = (0..positions.len()).filter(|&j| sequences[j] == sequence);
        let last = same.map(|j| positions[j]).max().unwrap_or(0);
        let seen: Vec<usize> = (0..k.shape.n_ctx)
            .filter(|&key| is_seen(op.mask, position, key, last))
            .collect();
        for head in 0..op.n_heads {
            let q = &q[(i * op.n_heads + head) * op.head_dim..][..op.head_dim];
            let kv_head = head / (op.n_heads / op.n_kv_heads);
            let score = |&p: &usize| {
                let score = f64::from(op.scale) * dot(q, k.cell(kv_head, sequence, p));
                op.softcap
                    .map(f64::from)
                    .map_or(score, |cap| cap * (score / cap).tanh())
            };
            let sink = sinks.get(head).map(|&s| f64::from(s));
            let scores: Vec<f64> = seen.iter().map(score).chain(sink).collect();
            let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for d in 0..op.head_dim {
                let terms = weights
                    .iter()
                    .zip(&seen)
                    .map(|(w, &p)| w * f64::from(v.cell(kv_head, sequence, p)[d]));
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
