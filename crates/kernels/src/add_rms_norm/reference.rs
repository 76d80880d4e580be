//! The formula, in `f64`.

use crate::tolerance::Tolerance;

/// The sum is rounded to f32 before it is normalised. Terms lie within ±4, so that rounding is at most 2^-22, and the
/// norm, whose terms have a mean square near 10, does not magnify it.
pub(crate) const ROUNDED_SUM: Tolerance = Tolerance {
    abs: 5e-7,
    rel: 2e-6,
};

/// `[a + b, rms_norm(a + b) * w]` for rows of `w.len()` elements.
pub fn add_rms_norm(a: &[f32], b: &[f32], w: &[f32], eps: f32) -> [Vec<f64>; 2] {
    let sum: Vec<f64> = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) + f64::from(b))
        .collect();
    let norm = sum
        .chunks(w.len().max(1))
        .flat_map(|row| {
            let mean = row.iter().map(|v| v * v).sum::<f64>() / row.len() as f64;
            let scale = 1.0 / (mean + f64::from(eps)).sqrt();
            row.iter()
                .zip(w)
                .map(move |(v, &w)| v * scale * f64::from(w))
        })
        .collect();
    [sum, norm]
}
