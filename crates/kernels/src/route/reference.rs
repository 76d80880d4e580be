//! The formula, in `f64`.

/// The `n_used` largest of each row of `cols` logits, and the softmax over all of them, cut and divided by its sum, times
/// the factor of each expert if there is one.
pub fn route(
    logits: &[f32],
    scale: Option<&[f32]>,
    cols: usize,
    n_used: usize,
) -> (Vec<i32>, Vec<f64>) {
    let (mut ids, mut weights) = (Vec::new(), Vec::new());
    for row in logits.chunks(cols.max(1)) {
        let mut order: Vec<usize> = (0..cols).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
        let largest = f64::from(row[order[0]]);
        let e = |i: usize| (f64::from(row[i]) - largest).exp();
        let all: f64 = (0..cols).map(e).sum();
        let chosen: f64 = order[..n_used].iter().map(|&i| e(i) / all).sum();
        for &i in &order[..n_used] {
            ids.push(i as i32);
            let factor = scale.map_or(1.0, |scale| f64::from(scale[i]));
            weights.push(e(i) / all / chosen * factor);
        }
    }
    (ids, weights)
}
