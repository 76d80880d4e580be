//! The formula, in `f64`.

/// Normalise each run of `w.len()` elements of `x` and scale it by `w`.
pub fn rms_norm(x: &[f32], w: &[f32], eps: f32) -> Vec<f64> {
    x.chunks(w.len().max(1))
        .flat_map(|run| norm(run, w, eps))
        .collect()
}

fn norm(x: &[f32], w: &[f32], eps: f32) -> Vec<f64> {
    let mean = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + f64::from(eps)).sqrt();
    x.iter()
        .zip(w)
        .map(|(&v, &w)| f64::from(v) * scale * f64::from(w))
        .collect()
}
