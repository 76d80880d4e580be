//! The formula, in `f64`.

/// A stack of matrices and how it is applied.
#[derive(Clone, Copy, Debug)]
pub struct Experts<'a> {
    /// `[n_experts, n, k]`.
    pub w: &'a [f64],
    /// `[n_experts, n]`.
    pub bias: Option<&'a [f64]>,
    /// Rows of a matrix.
    pub n: usize,
    /// Columns of a matrix.
    pub k: usize,
}

/// Output row `r` is the product of row `r / per_x` of `x` and the matrix of expert `ids[r]`.
pub fn expert_matmul(x: &[f64], per_x: usize, experts: Experts<'_>, ids: &[i32]) -> Vec<f64> {
    let Experts { w, bias, n, k } = experts;
    let mut y = Vec::new();
    for (r, &id) in ids.iter().enumerate() {
        let x = &x[r / per_x * k..][..k];
        for row in id as usize * n..(id as usize + 1) * n {
            let w = &w[row * k..][..k];
            let dot: f64 = x.iter().zip(w).map(|(a, b)| a * b).sum();
            y.push(dot + bias.map_or(0.0, |bias| bias[row]));
        }
    }
    y
}
