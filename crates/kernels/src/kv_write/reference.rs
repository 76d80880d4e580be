//! The formula, on an f32 state.

use super::CacheShape;

/// Write row `i` of `x` to the cells of `(sequences[i], positions[i])`, head by head.
pub fn kv_write(
    state: &mut [f32],
    shape: CacheShape,
    x: &[f32],
    positions: &[usize],
    sequences: &[usize],
) {
    let CacheShape {
        n_kv_heads,
        head_dim,
        ..
    } = shape;
    for i in 0..positions.len() {
        for h in 0..n_kv_heads {
            for c in 0..head_dim {
                let cell = shape.row(h, sequences[i], positions[i]);
                state[cell * head_dim + c] = x[(i * n_kv_heads + h) * head_dim + c];
            }
        }
    }
}
