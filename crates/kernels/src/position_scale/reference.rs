//! The formula, in `f64`.

use super::PositionScale;

/// Rows of `cols` elements, each scaled by its position.
pub fn position_scale(op: &PositionScale, x: &[f32], cols: usize, positions: &[i32]) -> Vec<f64> {
    let mut y = Vec::new();
    for (row, &position) in positions.iter().enumerate() {
        let contexts = (f64::from(position) / op.n_ctx_original as f64).floor();
        let factor = 1.0 + f64::from(op.beta) * (1.0 + contexts).ln();
        for c in 0..cols {
            y.push(f64::from(x[row * cols + c]) * factor);
        }
    }
    y
}
