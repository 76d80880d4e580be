//! The operations that see one token at a time: an arm each.

use hearth_kernels::add::{self, Add};
use hearth_kernels::add_rms_norm::{self, AddRmsNorm};
use hearth_kernels::embed::{self, Embed};
use hearth_kernels::expert_matmul::{self, ExpertMatMul};
use hearth_kernels::expert_sum::{self, ExpertSum};
use hearth_kernels::gather_rows::{self, GatherRows};
use hearth_kernels::glu::{self, Glu};
use hearth_kernels::layer_norm::{self, LayerNorm};
use hearth_kernels::map::{self, Map};
use hearth_kernels::matmul::{self, MatMul};
use hearth_kernels::position_scale::{self, PositionScale};
use hearth_kernels::rms_norm::{self, RmsNorm};
use hearth_kernels::rope::{self, Rope};
use hearth_kernels::route::{self, Route};
use hearth_kernels::slice_cols::{self, SliceCols};
use hearth_kernels::softmax::{self, Softmax};

use super::call::{Call, Data};

/// The outputs of a node, or `None` if its operation is none of these.
pub(super) fn evaluate(call: &mut Call<'_>) -> Option<Vec<Data>> {
    elementwise(call)
        .or_else(|| norms(call))
        .or_else(|| products(call))
        .or_else(|| experts(call))
}

fn elementwise(call: &Call<'_>) -> Option<Vec<Data>> {
    let result: Data = if call.op::<Add>().is_some() {
        add::reference::add(call.floats(0), call.floats(1)).into()
    } else if let Some(op) = call.op::<Glu>() {
        glu::reference::glu(op.form, call.floats(0), call.floats(1)).into()
    } else if let Some(op) = call.op::<Map>() {
        map::reference::map(op.function, call.floats(0)).into()
    } else if let Some(op) = call.op::<PositionScale>() {
        let (x, cols) = (call.floats(0), call.cols(0));
        position_scale::reference::position_scale(op, x, cols, call.ints(1)).into()
    } else if let Some(op) = call.op::<Rope>() {
        rope::reference::rope(op, call.floats(0), call.ints(1), call.floats(2)).into()
    } else if let Some(op) = call.op::<SliceCols>() {
        let (x, cols) = (call.floats(0), call.cols(0));
        slice_cols::reference::slice_cols(x, cols, op.start, op.len).into()
    } else {
        return None;
    };
    Some(vec![result])
}

fn norms(call: &Call<'_>) -> Option<Vec<Data>> {
    if let Some(op) = call.op::<AddRmsNorm>() {
        let [a, b, w] = [0, 1, 2].map(|input| call.floats(input));
        let [sum, norm] = add_rms_norm::reference::add_rms_norm(a, b, w, op.eps);
        return Some(vec![sum.into(), norm.into()]);
    }
    let result: Data = if let Some(op) = call.op::<RmsNorm>() {
        rms_norm::reference::rms_norm(call.floats(0), call.floats(1), op.eps).into()
    } else if let Some(op) = call.op::<LayerNorm>() {
        let [x, w, b] = [0, 1, 2].map(|input| call.floats(input));
        layer_norm::reference::layer_norm(x, w, b, op.eps).into()
    } else if call.op::<Softmax>().is_some() {
        softmax::reference::softmax(call.floats(0), call.cols(0)).into()
    } else {
        return None;
    };
    Some(vec![result])
}

fn products(call: &Call<'_>) -> Option<Vec<Data>> {
    let result: Data = if let Some(op) = call.op::<MatMul>() {
        let y = matmul::reference::matmul(&call.doubles(0), &call.doubles(1), call.cols(0));
        let mut terms = (2..2 + usize::from(op.bias) + usize::from(op.residual))
            .map(|input| call.doubles(input));
        let add = |y: Vec<f64>, term: Vec<f64>| {
            let sums = y.iter().zip(term.iter().cycle()).map(|(y, t)| y + t);
            sums.collect()
        };
        let first = terms.next().map(|term| add(y.clone(), term)).unwrap_or(y);
        terms.fold(first, add).into()
    } else if call.op::<Embed>().is_some() {
        embed::reference::embed(call.ints(0), call.floats(1), call.cols(1)).into()
    } else if call.op::<GatherRows>().is_some() {
        let (x, cols) = (call.floats(0), call.cols(0));
        gather_rows::reference::gather_rows(x, cols, &call.indices(1)).into()
    } else {
        return None;
    };
    Some(vec![result])
}

fn experts(call: &Call<'_>) -> Option<Vec<Data>> {
    if let Some(op) = call.op::<Route>() {
        let scale = op.scaled.then(|| call.floats(1));
        let (ids, weights) =
            route::reference::route(call.floats(0), scale, call.cols(0), op.n_used);
        return Some(vec![Data::Ints(ids), weights.into()]);
    }
    let result: Data = if let Some(op) = call.op::<ExpertMatMul>() {
        let bias = op.bias.then(|| call.doubles(3));
        let (w, dims) = (call.doubles(1), call.dims(1));
        let experts = expert_matmul::reference::Experts {
            w: &w,
            bias: bias.as_deref(),
            n: dims[1],
            k: dims[2],
        };
        // A row for each token serves all its experts; with one for each expert there are as many rows as ids.
        let shared = call.ty(0).dims.len() == 2;
        let per_x = if shared { call.cols(2) } else { 1 };
        let (x, ids) = (call.doubles(0), call.ints(2));
        expert_matmul::reference::expert_matmul(&x, per_x, experts, ids).into()
    } else if call.op::<ExpertSum>().is_some() {
        let (x, weights) = (call.floats(0), call.floats(1));
        expert_sum::reference::expert_sum(x, call.cols(0), weights, call.cols(1)).into()
    } else {
        return None;
    };
    Some(vec![result])
}
