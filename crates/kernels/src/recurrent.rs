//! State of operations that carry a matrix of their own for each sequence from token to token.

use hearth_tensor::DType;

use crate::contract::{Elem, ValueType};

/// The dimensions `[n_sequences, rows, cols]` of a recurrent state; `None` if `value` is none.
pub(crate) fn state_dims(value: &ValueType) -> Option<[usize; 3]> {
    let dims: Vec<usize> = value.dims.iter().filter_map(|dim| dim.fixed()).collect();
    match (value.elem, dims[..].try_into()) {
        (Elem::State(DType::F32), Ok(dims)) if value.dims.len() == 3 => Some(dims),
        _ => None,
    }
}

/// A token's sequence as a number within the state. Panics outside of it: the runtime checks before.
pub(crate) fn sequence(op: &str, sequence: i32, n_sequences: usize) -> usize {
    match usize::try_from(sequence) {
        Ok(s) if s < n_sequences => s,
        _ => panic!("{op}: sequence {sequence}, but the state holds {n_sequences}"),
    }
}
