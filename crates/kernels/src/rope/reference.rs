//! The formula, in `f64`, from the f32 angle that the contract names.

use super::{Rope, RopeLayout};
use crate::tolerance::Tolerance;

/// A difference of two products of numbers below 4, each rounded to f32.
pub(crate) const ROTATED: Tolerance = Tolerance {
    abs: 1e-6,
    rel: 1e-6,
};

/// Rotate each head of each row of `x`.
pub fn rope(op: &Rope, x: &[f32], positions: &[i32], inv_freq: &[f32]) -> Vec<f64> {
    let mut y: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
    let cols = x.len() / positions.len().max(1);
    for (row, &position) in positions.iter().enumerate() {
        for head in 0..cols / op.head_dim {
            let start = row * cols + head * op.head_dim;
            for (i, &inv_freq) in inv_freq.iter().enumerate() {
                let (a, b) = match op.layout {
                    RopeLayout::Interleaved => (start + 2 * i, start + 2 * i + 1),
                    RopeLayout::Halves => (start + i, start + i + op.rotary_dims / 2),
                };
                let (sin, cos) = f64::from(position as f32 * inv_freq).sin_cos();
                let magnitude = f64::from(op.magnitude);
                (y[a], y[b]) = (
                    magnitude * (y[a] * cos - y[b] * sin),
                    magnitude * (y[a] * sin + y[b] * cos),
                );
            }
        }
    }
    y
}
