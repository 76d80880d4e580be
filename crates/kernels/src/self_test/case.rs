//! A question to a kernel: an operation, its inputs, and what must come of them.

use hearth_simd::Isa;
use hearth_tensor::DType;

use super::Check;
use super::value::{Data, Value};
use crate::contract::{Operation, ValueType};
use crate::cpu::{CpuConfig, Operand};
use crate::tile::OutTile;
use crate::tolerance::Tolerance;

/// What an output must hold.
pub(super) struct Want {
    values: Vec<f64>,
    /// What each of them may be off.
    allowed: Vec<f64>,
}

impl Want {
    /// These values, each within what it is allowed.
    pub(super) fn new(values: Vec<f64>, allowed: Vec<f64>) -> Self {
        Want { values, allowed }
    }

    /// These values within a tolerance.
    pub(super) fn within(tolerance: Tolerance, values: Vec<f64>) -> Self {
        let allowed = values.iter().map(|&want| tolerance.at(want)).collect();
        Want { values, allowed }
    }

    /// These values and no others.
    pub(super) fn exactly(values: Vec<f64>) -> Self {
        let allowed = vec![0.0; values.len()];
        Want { values, allowed }
    }
}

/// A question.
pub(super) struct Case {
    op: Box<dyn Operation>,
    dtype: Option<DType>,
    variant: Option<String>,
    inputs: Vec<Value>,
    want: Vec<Want>,
}

impl Case {
    /// An operation, what it is given, and what its outputs must be.
    pub(super) fn new(op: impl Operation, inputs: Vec<Value>, want: Vec<Want>) -> Self {
        Case {
            op: Box::new(op),
            dtype: None,
            variant: None,
            inputs,
            want,
        }
    }

    /// The same, told from others of its operation by the type of its weight or cache.
    pub(super) fn of(self, dtype: DType) -> Self {
        Case {
            dtype: Some(dtype),
            ..self
        }
    }

    /// The same, told from others of its operation by a name.
    pub(super) fn named(self, variant: impl Into<String>) -> Self {
        Case {
            variant: Some(variant.into()),
            ..self
        }
    }

    /// What the kernel computes. States are written in place, so a case is asked once.
    pub(super) fn answers(&mut self, isa: Isa) -> Vec<Value> {
        answers(&*self.op, &mut self.inputs, isa)
    }

    /// Whether these answers are right.
    pub(super) fn judge(&self, isa: Isa, answers: &[Value]) -> Check {
        let (deviation, tolerance) = worst(answers, &self.want);
        Check {
            kernel: self.op.name(),
            dtype: self.dtype,
            variant: self.variant.clone(),
            isa,
            deviation,
            tolerance,
            passed: deviation <= tolerance,
        }
    }
}

/// The outputs of an operation, computed as a whole. The inputs keep its contract.
pub(super) fn answers(op: &dyn Operation, inputs: &mut [Value], isa: Isa) -> Vec<Value> {
    let types: Vec<ValueType> = inputs.iter().map(Value::ty).collect();
    let kernel = op.cpu(&types, CpuConfig { isa });
    let kernel = kernel.expect("the inputs keep the contract");
    let outputs = op.infer(&types).expect("the inputs keep the contract");
    let mut outputs: Vec<Value> = outputs.iter().map(Value::blank).collect();
    for (output, &state) in outputs.iter_mut().zip(op.states_written()) {
        output.data = std::mem::replace(&mut inputs[state].data, Data::InPlace);
    }
    let operands: Vec<Operand<'_>> = inputs.iter().map(Value::operand).collect();
    let dims: Vec<&[usize]> = operands.iter().map(|operand| operand.dims).collect();
    let mut scratch = vec![f32::NAN; kernel.scratch_floats(&dims)];
    let mut tiles: Vec<OutTile<'_>> = outputs.iter_mut().filter_map(Value::tile).collect();
    kernel.run(&operands, &mut tiles, &mut scratch);
    drop(tiles);
    outputs
}

/// How far the element is off that is off the most, compared with what it may be, and what that is.
fn worst(answers: &[Value], want: &[Want]) -> (f64, f64) {
    let got: Vec<Vec<f64>> = answers.iter().map(Value::numbers).collect();
    let lengths = got.iter().map(Vec::len);
    if !lengths.eq(want.iter().map(|want| want.values.len())) {
        return (f64::MAX, 0.0);
    }
    let wanted = (want.iter()).flat_map(|want| want.values.iter().zip(&want.allowed));
    let off = got.iter().flatten().zip(wanted).map(deviation);
    let worst = off.max_by(|a, b| share(*a).total_cmp(&share(*b)));
    worst.unwrap_or((0.0, 0.0))
}

/// How far an element is off, and what it may be.
fn deviation((got, (want, &allowed)): (&f64, (&f64, &f64))) -> (f64, f64) {
    let difference = (got - want).abs();
    let is_number = difference.is_finite();
    (if is_number { difference } else { f64::MAX }, allowed)
}

/// How far an element is off as a share of what it may be.
fn share((deviation, allowed): (f64, f64)) -> f64 {
    if deviation == 0.0 {
        0.0
    } else {
        deviation / allowed
    }
}
