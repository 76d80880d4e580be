//! The formula, in `f64`.

use super::MapFunction;

/// `f` of every element.
pub fn map(function: MapFunction, x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| element(function, f64::from(x))).collect()
}

fn element(function: MapFunction, x: f64) -> f64 {
    match function {
        MapFunction::Activation(f) => f.reference(x),
        MapFunction::Scale(c) => f64::from(c) * x,
        MapFunction::SoftCap(c) => f64::from(c) * (x / f64::from(c)).tanh(),
    }
}
