//! The formula, in `f64`.

use crate::tolerance::Tolerance;

/// Means of signed values cancel: errors are those of their terms, of magnitude 4.
pub(crate) const MEANS: Tolerance = Tolerance {
    abs: 2e-6,
    rel: 2e-6,
};

/// For each of `output_rows`, the mean of the rows of `x`, of `cols` elements, that share its sequence.
pub fn mean_pool(x: &[f32], cols: usize, sequences: &[i32], output_rows: &[usize]) -> Vec<f64> {
    let mut y = Vec::new();
    for &row in output_rows {
        let same = |&i: &usize| sequences[i] == sequences[row];
        let rows: Vec<usize> = (0..sequences.len()).filter(same).collect();
        for c in 0..cols {
            let sum: f64 = rows.iter().map(|i| f64::from(x[i * cols + c])).sum();
            y.push(sum / rows.len() as f64);
        }
    }
    y
}
