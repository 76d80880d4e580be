//! The formula, in `f64`.

use crate::tolerance::Tolerance;

/// Sums of signed values cancel, and a bias may cancel a result: errors are those of results of magnitude 1.
pub(crate) const SUMS: Tolerance = Tolerance {
    abs: 2e-6,
    rel: 2e-6,
};

/// Normalise each row of `w.len()` elements, scale it by `w` and add `b`.
pub fn layer_norm(x: &[f32], w: &[f32], b: &[f32], eps: f32) -> Vec<f64> {
    x.chunks(w.len().max(1))
        .flat_map(|row| norm(row, w, b, eps))
        .collect()
}

fn norm(x: &[f32], w: &[f32], b: &[f32], eps: f32) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let squares = x.iter().map(|&v| (f64::from(v) - mean).powi(2));
    let deviation = (squares.sum::<f64>() / n + f64::from(eps)).sqrt();
    let weights = w.iter().zip(b);
    x.iter()
        .zip(weights)
        .map(|(&v, (&w, &b))| (f64::from(v) - mean) / deviation * f64::from(w) + f64::from(b))
        .collect()
}
