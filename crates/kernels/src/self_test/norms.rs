//! Operations on whole rows: norms, softmax, means.

use super::case::{Case, Want};
use super::value::Value;
use crate::add_rms_norm::{self, AddRmsNorm};
use crate::layer_norm::{self, LayerNorm};
use crate::mean_pool::{self, MeanPool};
use crate::rms_norm::{self, RmsNorm};
use crate::softmax::{self, Softmax};
use crate::tolerance::REORDERED_F32;

/// Rows of activations, and elements of a row: no whole number of vectors.
const DIMS: [usize; 2] = [5, 1003];
/// Magnitude of activations.
const SCALE: f32 = 4.0;
/// What is added to a mean of squares.
const EPS: f32 = 1e-5;

/// The questions.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let all: [fn() -> Case; 5] = [rms_norm, add_rms_norm, layer_norm, softmax, mean_pool];
    all.into_iter().map(|case| case())
}

/// A norm's weight.
fn weight() -> Value {
    Value::random(3, &DIMS[1..], 1.0)
}

fn rms_norm() -> Case {
    let (x, w) = (Value::random(1, &DIMS, SCALE), weight());
    let want = rms_norm::reference::rms_norm(&x.singles(), &w.singles(), EPS);
    let want = Want::within(REORDERED_F32, want);
    Case::new(RmsNorm { eps: EPS }, vec![x, w], vec![want])
}

fn add_rms_norm() -> Case {
    let [a, b] = [1, 2].map(|seed| Value::random(seed, &DIMS, SCALE));
    let w = weight();
    let [x, y, z] = [&a, &b, &w].map(Value::singles);
    let [sum, norm] = add_rms_norm::reference::add_rms_norm(&x, &y, &z, EPS);
    let want = vec![
        Want::within(REORDERED_F32, sum),
        Want::within(add_rms_norm::reference::ROUNDED_SUM, norm),
    ];
    Case::new(AddRmsNorm { eps: EPS }, vec![a, b, w], want)
}

fn layer_norm() -> Case {
    let (x, w) = (Value::random(1, &DIMS, SCALE), weight());
    let b = Value::random(4, &DIMS[1..], 1.0);
    let [rows, scale, bias] = [&x, &w, &b].map(Value::singles);
    let want = layer_norm::reference::layer_norm(&rows, &scale, &bias, EPS);
    let want = Want::within(layer_norm::reference::SUMS, want);
    Case::new(LayerNorm { eps: EPS }, vec![x, w, b], vec![want])
}

fn softmax() -> Case {
    let x = Value::random(1, &DIMS, 10.0);
    let want = softmax::reference::softmax(&x.singles(), DIMS[1]);
    Case::new(Softmax, vec![x], vec![Want::within(REORDERED_F32, want)])
}

fn mean_pool() -> Case {
    let [t, n] = DIMS;
    let sequences = [3, 0, 3, 3, 0];
    let x = Value::random(1, &DIMS, SCALE);
    let want = mean_pool::reference::mean_pool(&x.singles(), n, &sequences, &[3, 4]);
    let inputs = vec![
        x,
        Value::integers(&[t], &sequences),
        Value::integers(&[2], &[3, 4]),
    ];
    let want = Want::within(mean_pool::reference::MEANS, want);
    Case::new(MeanPool, inputs, vec![want])
}
