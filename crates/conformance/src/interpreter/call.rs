//! What an operation sees of a node: its inputs' elements and types, and the state that it writes.

use hearth_graph::Node;
use hearth_kernels::{Operation, ValueType};

use super::Interpreter;

/// The elements of a value.
#[derive(Debug)]
pub(super) enum Data {
    /// Activations, or a state.
    Floats(Vec<f32>),
    /// Ids, positions, row numbers.
    Ints(Vec<i32>),
}

impl From<Vec<f64>> for Data {
    fn from(elements: Vec<f64>) -> Self {
        Data::Floats(elements.into_iter().map(|v| v as f32).collect())
    }
}

impl From<Vec<f32>> for Data {
    fn from(elements: Vec<f32>) -> Self {
        Data::Floats(elements)
    }
}

/// An input: its type, and its elements in the list of their kind.
struct Input<'a> {
    ty: &'a ValueType,
    floats: &'a [f32],
    ints: &'a [i32],
}

/// A node that is to be evaluated.
pub(super) struct Call<'a> {
    op: &'a dyn Operation,
    inputs: Vec<Input<'a>>,
    /// The state that the operation writes; empty if it writes none.
    pub(super) state: &'a mut [f32],
}

impl<'a> Call<'a> {
    pub(super) fn new(
        interpreter: &'a Interpreter,
        node: &'a Node,
        values: &'a [Option<Data>],
        state: &'a mut [f32],
    ) -> Self {
        let input = |id: &hearth_graph::ValueId| {
            let (floats, ints): (&[f32], &[i32]) = match &values[id.index()] {
                Some(Data::Floats(floats)) => (floats, &[]),
                Some(Data::Ints(ints)) => (&[], ints),
                None => (interpreter.weights.get(id).map_or(&[], Vec::as_slice), &[]),
            };
            Input {
                ty: &interpreter.graph.value(*id).ty,
                floats,
                ints,
            }
        };
        Call {
            op: &*node.op,
            inputs: node.inputs.iter().map(input).collect(),
            state,
        }
    }

    /// The operation, if it is a `T`.
    pub(super) fn op<T: Operation>(&self) -> Option<&'a T> {
        self.op.downcast_ref()
    }

    /// Floats of an input.
    pub(super) fn floats(&self, input: usize) -> &'a [f32] {
        self.inputs[input].floats
    }

    /// Floats of an input, as f64.
    pub(super) fn doubles(&self, input: usize) -> Vec<f64> {
        self.floats(input).iter().map(|&v| f64::from(v)).collect()
    }

    /// Integers of an input.
    pub(super) fn ints(&self, input: usize) -> &'a [i32] {
        self.inputs[input].ints
    }

    /// Integers of an input that are not negative.
    pub(super) fn indices(&self, input: usize) -> Vec<usize> {
        let index = |&i: &i32| usize::try_from(i).expect("positions and rows are not negative");
        self.ints(input).iter().map(index).collect()
    }

    /// Type of an input.
    pub(super) fn ty(&self, input: usize) -> &'a ValueType {
        self.inputs[input].ty
    }

    /// Contiguous elements of an input.
    pub(super) fn cols(&self, input: usize) -> usize {
        self.ty(input).cols().expect("widths are known")
    }

    /// Fixed dimensions of an input.
    pub(super) fn dims(&self, input: usize) -> Vec<usize> {
        let dims = self.ty(input).dims.iter();
        dims.filter_map(|dim| dim.fixed()).collect()
    }
}
