//! The formula.

/// Columns `start..start + len` of each row of `d` columns.
pub fn slice_cols(x: &[f32], d: usize, start: usize, len: usize) -> Vec<f32> {
    let mut y = Vec::new();
    for i in 0..x.len().checked_div(d).unwrap_or(0) {
        for c in 0..len {
            y.push(x[i * d + start + c]);
        }
    }
    y
}
