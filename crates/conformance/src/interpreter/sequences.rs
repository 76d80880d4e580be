//! The operations that see other tokens, or write states: an arm each.

use hearth_kernels::attention::reference::Cache;
use hearth_kernels::attention::{self, Attention};
use hearth_kernels::gated_delta_net::{self, GatedDeltaNet};
use hearth_kernels::kv_write::{self, CacheShape, KvWrite};
use hearth_kernels::mean_pool::{self, MeanPool};
use hearth_kernels::short_conv::{self, ShortConv};

use super::call::{Call, Data};

/// The outputs of a node without its state, or `None` if its operation is none of these.
pub(super) fn evaluate(call: &mut Call<'_>) -> Option<Vec<Data>> {
    if let Some(op) = call.op::<Attention>() {
        return Some(vec![attend(call, op)]);
    }
    if call.op::<MeanPool>().is_some() {
        let (x, cols, rows) = (call.floats(0), call.cols(0), call.indices(2));
        return Some(vec![
            mean_pool::reference::mean_pool(x, cols, call.ints(1), &rows).into(),
        ]);
    }
    if call.op::<KvWrite>().is_some() {
        let shape = CacheShape::of(call.ty(0)).expect("the contract promises a cache");
        let (positions, sequences) = (call.indices(2), call.indices(3));
        let x = call.floats(1);
        kv_write::reference::kv_write(call.state, shape, x, &positions, &sequences);
        return Some(Vec::new());
    }
    if call.op::<ShortConv>().is_some() {
        let dims = call
            .dims(0)
            .try_into()
            .expect("a state has three dimensions");
        let (x, weight) = (call.floats(1), call.floats(2));
        let places = [&call.indices(3)[..], &call.indices(4)];
        let (state, y) = short_conv::reference::short_conv(dims, call.state, x, weight, places);
        call.state.copy_from_slice(&state);
        return Some(vec![y.into()]);
    }
    if let Some(op) = call.op::<GatedDeltaNet>() {
        return Some(vec![delta(call, op)]);
    }
    None
}

fn attend(call: &Call<'_>, op: &Attention) -> Data {
    let cache = |input| Cache {
        shape: CacheShape::of(call.ty(input)).expect("the contract promises a cache"),
        data: call.floats(input),
    };
    let places = [&call.indices(3)[..], &call.indices(4)];
    let sinks = if op.sinks { call.floats(5) } else { &[] };
    let caches = [cache(1), cache(2)];
    attention::reference::attention(op, call.floats(0), caches, places, sinks).into()
}

fn delta(call: &mut Call<'_>, op: &GatedDeltaNet) -> Data {
    let (positions, sequences) = (call.indices(6), call.indices(7));
    let inputs = gated_delta_net::reference::Inputs {
        qkv: call.floats(1),
        alpha: call.floats(2),
        beta: call.floats(3),
        dt_bias: call.floats(4),
        a: call.floats(5),
        positions: &positions,
        sequences: &sequences,
    };
    let mut state: Vec<f64> = call.state.iter().map(|&v| f64::from(v)).collect();
    let y = gated_delta_net::reference::gated_delta_net(op, &mut state, &inputs);
    for (cell, v) in call.state.iter_mut().zip(state) {
        *cell = v as f32;
    }
    y.into()
}
