//! The formula, in `f64`.

/// f32 sums of products in another order, and scales of half precision where the kernel has none other: the error of
/// a sum is measured against the sum of absolute products.
pub(crate) const SUM_OF_PRODUCTS: f64 = 3e-6;

/// `y[t, n] = sum_k x[t, k] * w[n, k]` for rows of `k` elements.
pub fn matmul(x: &[f64], w: &[f64], k: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    x.chunks_exact(k)
        .flat_map(|x| w.chunks_exact(k).map(move |w| dot(x, w)))
        .collect()
}
