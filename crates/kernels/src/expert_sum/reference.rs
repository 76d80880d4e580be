//! The formula, in `f64`.

use crate::tolerance::Tolerance;

/// Sums of signed values cancel: errors are those of their terms, of magnitude 4.
pub(crate) const SUMS: Tolerance = Tolerance {
    abs: 4e-6,
    rel: 2e-6,
};

/// For `n_used` rows of `x` at a time, of `cols` elements, their sum by weights.
pub fn expert_sum(x: &[f32], cols: usize, weights: &[f32], n_used: usize) -> Vec<f64> {
    let mut y = Vec::new();
    for (token, weights) in weights.chunks(n_used).enumerate() {
        for c in 0..cols {
            let products = weights.iter().enumerate().map(|(i, &w)| {
                let row = token * n_used + i;
                f64::from(w) * f64::from(x[row * cols + c])
            });
            y.push(products.sum());
        }
    }
    y
}
