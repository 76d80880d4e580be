//! The formula, in `f64`.

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
