//! The formula, in `f64`.

/// Softmax of each row of `cols` elements.
pub fn softmax(x: &[f32], cols: usize) -> Vec<f64> {
    x.chunks(cols.max(1)).flat_map(row).collect()
}

fn row(x: &[f32]) -> Vec<f64> {
    let m = x
        .iter()
        .fold(f64::NEG_INFINITY, |m, &v| m.max(f64::from(v)));
    if m == f64::NEG_INFINITY {
        return vec![0.0; x.len()];
    }
    let e: Vec<f64> = x.iter().map(|&v| (f64::from(v) - m).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|v| v / sum).collect()
}
