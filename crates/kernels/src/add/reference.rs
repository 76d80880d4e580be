//! The formula, in `f64`.

/// `a + b`; `b` is repeated for every row of `a` when it is shorter.
pub fn add(a: &[f32], b: &[f32]) -> Vec<f64> {
    a.iter()
        .zip(b.iter().cycle())
        .map(|(&a, &b)| f64::from(a) + f64::from(b))
        .collect()
}
