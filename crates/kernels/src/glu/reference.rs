//! The formula, in `f64`.

use super::GluForm;
use crate::tolerance::{REORDERED_F32, Tolerance};

/// Errors of an exponent grow with it: those of GELU's tail are relative to an exponent of 20, at values near 0.
pub(crate) const ACTIVATED: Tolerance = Tolerance {
    abs: 1e-6,
    rel: REORDERED_F32.rel,
};

/// The gated `up`.
pub fn glu(form: GluForm, gate: &[f32], up: &[f32]) -> Vec<f64> {
    let pairs = gate.iter().zip(up);
    pairs
        .map(|(&g, &u)| element(form, f64::from(g), f64::from(u)))
        .collect()
}

fn element(form: GluForm, gate: f64, up: f64) -> f64 {
    match form {
        GluForm::Activation(f) => f.reference(gate) * up,
        GluForm::ClampedSwish { alpha, limit } => {
            let (alpha, limit) = (f64::from(alpha), f64::from(limit));
            let (g, u) = (gate.min(limit), up.clamp(-limit, limit));
            g / (1.0 + (-alpha * g).exp()) * (u + 1.0)
        }
    }
}
