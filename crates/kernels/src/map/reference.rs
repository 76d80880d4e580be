//! The formula, in `f64`.

use super::MapFunction;
use crate::tolerance::{REORDERED_F32, Tolerance};

/// How far a kernel may stray: some roundings of 1, times what multiplies it.
pub(crate) fn tolerance(function: MapFunction) -> Tolerance {
    let abs = match function {
        MapFunction::SoftCap(cap) => 4e-7 * f64::from(cap),
        _ => REORDERED_F32.abs,
    };
    Tolerance {
        abs,
        ..REORDERED_F32
    }
}

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
