//! An input or an output of a kernel, with its elements.

use half::f16;
use hearth_tensor::{DType, Dim};

use crate::contract::{Elem, ValueType};
use crate::cpu::{Operand, OperandData};
use crate::quantize::quantize_row_into;
use crate::quantize_rows;
use crate::tile::{OutTile, TileMut};
use crate::weight::{AlignedBytes, CpuWeight};
use crate::{dequantize, samples};

/// The elements of a value.
pub(super) enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
    I32(Vec<i32>),
    Bytes(AlignedBytes),
    Weight(CpuWeight),
    /// Those of a state that the kernel writes: the output has them.
    InPlace,
}

/// A value that owns its elements.
pub(super) struct Value {
    pub(super) elem: Elem,
    pub(super) dims: Vec<usize>,
    pub(super) data: Data,
}

impl Value {
    /// f32 elements.
    pub(super) fn floats(dims: &[usize], elements: Vec<f32>) -> Self {
        Value {
            elem: Elem::F32,
            dims: dims.to_vec(),
            data: Data::F32(elements),
        }
    }

    /// Deterministic f32 elements in `[-scale, scale)`.
    pub(super) fn random(seed: u64, dims: &[usize], scale: f32) -> Self {
        let elements = samples::floats(seed, dims.iter().product(), scale);
        Self::floats(dims, elements)
    }

    /// Positions, sequences, numbers of rows and experts.
    pub(super) fn integers(dims: &[usize], elements: &[i32]) -> Self {
        Value {
            elem: Elem::I32,
            dims: dims.to_vec(),
            data: Data::I32(elements.to_vec()),
        }
    }

    /// A weight, in the layout that it has.
    pub(super) fn weight(dims: &[usize], weight: CpuWeight) -> Self {
        Value {
            elem: Elem::Weight(weight.dtype),
            dims: dims.to_vec(),
            data: Data::Weight(weight),
        }
    }

    /// A state with deterministic elements in `[-scale, scale)`, rounded as its type does. It is of F32, F16 or Q8_0.
    pub(super) fn state(seed: u64, dtype: DType, dims: &[usize], scale: f32) -> Self {
        let elements = samples::floats(seed, dims.iter().product(), scale);
        let data = match dtype {
            DType::F32 => Data::F32(elements),
            DType::F16 => Data::F16(elements.into_iter().map(f16::from_f32).collect()),
            _ => {
                let bytes = dtype.bytes_for(elements.len()).expect("whole blocks");
                let mut bytes = AlignedBytes::zeroed(bytes);
                quantize_row_into(dtype, &elements, &mut bytes).expect("small numbers");
                Data::Bytes(bytes)
            }
        };
        Value {
            elem: Elem::State(dtype),
            dims: dims.to_vec(),
            data,
        }
    }

    /// Room for an output that is no state. What a kernel leaves out is not a number, or 0 where that cannot be.
    pub(super) fn blank(ty: &ValueType) -> Self {
        let dims: Vec<usize> = ty.dims.iter().filter_map(|dim| dim.fixed()).collect();
        let elements: usize = dims.iter().product();
        let data = match ty.elem {
            Elem::I32 => Data::I32(vec![0; elements]),
            Elem::Q8(blocks) => Data::Bytes(AlignedBytes::zeroed(blocks.row_bytes(elements))),
            _ => Data::F32(vec![f32::NAN; elements]),
        };
        Value {
            elem: ty.elem,
            dims,
            data,
        }
    }

    /// Its type, of which everything is known.
    pub(super) fn ty(&self) -> ValueType {
        ValueType::new(self.elem, self.dims.iter().map(|&dim| Dim::Fixed(dim)))
    }

    /// As a kernel's input.
    pub(super) fn operand(&self) -> Operand<'_> {
        let data = match &self.data {
            Data::F32(elements) => OperandData::F32(elements),
            Data::F16(elements) => OperandData::F16(elements),
            Data::I32(elements) => OperandData::I32(elements),
            Data::Bytes(bytes) => OperandData::Bytes(bytes),
            Data::Weight(weight) => OperandData::Weight(weight),
            Data::InPlace => OperandData::InPlace,
        };
        Operand {
            dims: &self.dims,
            data,
        }
    }

    /// As a kernel's output, all of it. `None` for what no kernel writes.
    pub(super) fn tile(&mut self) -> Option<OutTile<'_>> {
        let cols = self.dims.last().copied().unwrap_or(1);
        let row_bytes = match self.elem {
            Elem::Q8(blocks) => blocks.row_bytes(cols),
            Elem::State(dtype) => dtype.bytes_for(cols).unwrap_or(0),
            _ => 0,
        };
        Some(match &mut self.data {
            Data::F32(elements) => OutTile::F32(TileMut::whole(elements, cols)),
            Data::F16(elements) => OutTile::F16(TileMut::whole(elements, cols)),
            Data::I32(elements) => OutTile::I32(TileMut::whole(elements, cols)),
            Data::Bytes(bytes) => OutTile::Bytes(TileMut::whole(bytes, row_bytes)),
            Data::Weight(_) | Data::InPlace => return None,
        })
    }

    /// What the elements mean; nothing for weights.
    pub(super) fn numbers(&self) -> Vec<f64> {
        match (&self.data, self.elem) {
            (Data::F32(elements), _) => doubles(elements),
            (Data::F16(elements), _) => elements.iter().map(|&v| f64::from(v)).collect(),
            (Data::I32(elements), _) => elements.iter().map(|&v| f64::from(v)).collect(),
            (Data::Bytes(bytes), Elem::Q8(blocks)) => {
                quantize_rows::reference::values(blocks, bytes)
            }
            (Data::Bytes(bytes), Elem::State(dtype)) => {
                doubles(&dequantize::reference::dequantize(dtype, bytes).unwrap_or_default())
            }
            _ => Vec::new(),
        }
    }

    /// The same as f32, which all elements are that have no more bits.
    pub(super) fn singles(&self) -> Vec<f32> {
        self.numbers().into_iter().map(|v| v as f32).collect()
    }
}

/// The same numbers in `f64`.
pub(super) fn doubles(elements: &[f32]) -> Vec<f64> {
    elements.iter().map(|&v| f64::from(v)).collect()
}
