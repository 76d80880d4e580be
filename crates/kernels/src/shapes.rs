//! What contracts ask of the types of their inputs.

use hearth_tensor::{DType, Dim};

use crate::contract::{Elem, ValueType};

/// f32 activations `[rows, cols]` whose width is known.
pub(crate) fn is_f32_rows(value: &ValueType) -> bool {
    value.elem == Elem::F32 && value.dims.len() == 2 && value.cols().is_some()
}

/// f32 activations `[.., rows, cols]` whose width is known.
pub(crate) fn is_f32_stack(value: &ValueType) -> bool {
    value.elem == Elem::F32 && value.dims.len() >= 2 && value.cols().is_some()
}

/// f32 activations or an F32 weight, `[len]`.
pub(crate) fn is_f32_vector(value: &ValueType, len: usize) -> bool {
    matches!(value.elem, Elem::F32 | Elem::Weight(DType::F32)) && value.dims == [Dim::Fixed(len)]
}

/// Integers, one for each row of `like`.
pub(crate) fn is_i32_per_row(value: &ValueType, like: &ValueType) -> bool {
    value.elem == Elem::I32 && value.dims.len() == 1 && value.dims.first() == like.dims.first()
}
