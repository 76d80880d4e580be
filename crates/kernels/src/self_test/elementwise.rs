//! Operations on elements, rows and columns.

use super::case::{Case, Want};
use super::value::{Value, doubles};
use crate::activation::Activation;
use crate::add::{self, Add};
use crate::gather_rows::{self, GatherRows};
use crate::glu::{self, Glu, GluForm};
use crate::map::{self, Map, MapFunction};
use crate::position_scale::{self, PositionScale};
use crate::rope::{self, Rope, RopeLayout};
use crate::slice_cols::{self, SliceCols};
use crate::tolerance::REORDERED_F32;

/// Rows of activations, and elements of a row: no whole number of vectors.
const DIMS: [usize; 2] = [5, 1003];
/// Magnitude of activations.
const SCALE: f32 = 4.0;
/// Elements of a head.
const HEAD_DIM: usize = 64;

/// The questions.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let maps = Activation::ALL.into_iter().map(MapFunction::Activation);
    let maps = maps.chain([MapFunction::Scale(-0.25), MapFunction::SoftCap(30.0)]);
    let clamped = GluForm::ClampedSwish {
        alpha: 1.702,
        limit: 7.0,
    };
    let gates = Activation::ALL.into_iter().map(GluForm::Activation);
    let layouts = [RopeLayout::Interleaved, RopeLayout::Halves];
    let single = [add, position_scale, slice_cols, gather_rows];
    (single.into_iter().map(|case: fn() -> Case| case()))
        .chain(maps.map(map))
        .chain(gates.chain([clamped]).map(glu))
        .chain(layouts.into_iter().map(rope))
}

fn add() -> Case {
    let [a, b] = [1, 2].map(|seed| Value::random(seed, &DIMS, SCALE));
    let want = add::reference::add(&a.singles(), &b.singles());
    Case::new(Add, vec![a, b], vec![Want::within(REORDERED_F32, want)])
}

fn map(function: MapFunction) -> Case {
    let x = Value::random(1, &DIMS, SCALE);
    let want = map::reference::map(function, &x.singles());
    let want = Want::within(map::reference::tolerance(function), want);
    let name = match function {
        MapFunction::Activation(f) => format!("{f:?}"),
        MapFunction::Scale(_) => "Scale".to_owned(),
        MapFunction::SoftCap(_) => "SoftCap".to_owned(),
    };
    Case::new(Map { function }, vec![x], vec![want]).named(name)
}

fn glu(form: GluForm) -> Case {
    let [gate, up] = [1, 2].map(|seed| Value::random(seed, &DIMS, SCALE));
    let want = glu::reference::glu(form, &gate.singles(), &up.singles());
    let want = Want::within(glu::reference::ACTIVATED, want);
    let name = match form {
        GluForm::Activation(f) => format!("{f:?}"),
        GluForm::ClampedSwish { .. } => "ClampedSwish".to_owned(),
    };
    Case::new(Glu { form }, vec![gate, up], vec![want]).named(name)
}

fn position_scale() -> Case {
    let op = PositionScale {
        beta: 0.1,
        n_ctx_original: 4096,
    };
    let [t, n] = DIMS;
    let positions = [0, 1, 4095, 4096, 131_071];
    let x = Value::random(1, &DIMS, SCALE);
    let want = position_scale::reference::position_scale(&op, &x.singles(), n, &positions);
    let inputs = vec![x, Value::integers(&[t], &positions)];
    Case::new(op, inputs, vec![Want::within(REORDERED_F32, want)])
}

fn rope(layout: RopeLayout) -> Case {
    let op = Rope {
        head_dim: HEAD_DIM,
        rotary_dims: HEAD_DIM,
        layout,
        magnitude: 1.0,
    };
    let positions = [0, 1, 7, 4095, 131_071];
    let inv_freq = rope::frequencies(HEAD_DIM, 10_000.0, None, 1.0);
    let x = Value::random(1, &[positions.len(), 3 * HEAD_DIM], SCALE);
    let want = rope::reference::rope(&op, &x.singles(), &positions, &inv_freq);
    let inputs = vec![
        x,
        Value::integers(&[positions.len()], &positions),
        Value::floats(&[HEAD_DIM / 2], inv_freq),
    ];
    let want = Want::within(rope::reference::ROTATED, want);
    Case::new(op, inputs, vec![want]).named(format!("{layout:?}"))
}

fn slice_cols() -> Case {
    let op = SliceCols { start: 7, len: 900 };
    let x = Value::random(1, &DIMS, SCALE);
    let want = slice_cols::reference::slice_cols(&x.singles(), DIMS[1], op.start, op.len);
    Case::new(op, vec![x], vec![Want::exactly(doubles(&want))])
}

fn gather_rows() -> Case {
    let x = Value::random(1, &DIMS, SCALE);
    let want = gather_rows::reference::gather_rows(&x.singles(), DIMS[1], &[4, 0, 4]);
    let inputs = vec![x, Value::integers(&[3], &[4, 0, 4])];
    Case::new(GatherRows, inputs, vec![Want::exactly(doubles(&want))])
}
