//! The formula.

/// Rows of `d` elements of `w` by number.
pub fn embed(ids: &[i32], w: &[f32], d: usize) -> Vec<f32> {
    ids.iter()
        .flat_map(|&id| &w[id as usize * d..][..d])
        .copied()
        .collect()
}
