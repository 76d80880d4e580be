//! The formula.

/// The `rows` of `x`, whose rows have `cols` elements.
pub fn gather_rows(x: &[f32], cols: usize, rows: &[usize]) -> Vec<f32> {
    let mut y = Vec::new();
    for &row in rows {
        for c in 0..cols {
            y.push(x[row * cols + c]);
        }
    }
    y
}
