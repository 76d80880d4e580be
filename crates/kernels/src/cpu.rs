//! What an executor hands to a CPU kernel, and what it asks of it.

use half::f16;
use hearth_simd::Isa;

use crate::tile::OutTile;
use crate::weight::CpuWeight;

/// Choices made once, when a program is built.
#[derive(Clone, Copy, Debug)]
pub struct CpuConfig {
    /// Instruction set that kernels use.
    pub isa: Isa,
}

/// One input of a kernel call: its dimensions in this step and where its elements are.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// Dimensions, outermost first.
    pub dims: &'a [usize],
    /// The elements.
    pub data: OperandData<'a>,
}

/// The elements of an operand.
#[derive(Clone, Copy, Debug)]
pub enum OperandData<'a> {
    /// f32 activations or state, row-major.
    F32(&'a [f32]),
    /// Half-precision state, row-major.
    F16(&'a [f16]),
    /// Token ids, positions, row numbers.
    I32(&'a [i32]),
    /// Rows of bytes: quantised activations ([`crate::quantize_rows`]), cells of a Q8_0 cache.
    Bytes(&'a [u8]),
    /// A weight in the layout that was chosen when it was loaded.
    Weight(&'a CpuWeight),
    /// A state that this kernel writes: its elements are reached through the output tile.
    InPlace,
}

impl<'a> Operand<'a> {
    /// Product of all dimensions but the last.
    pub fn rows(&self) -> usize {
        self.dims[..self.dims.len().saturating_sub(1)]
            .iter()
            .product()
    }

    /// The contiguous dimension; 1 for a scalar.
    pub fn cols(&self) -> usize {
        self.dims.last().copied().unwrap_or(1)
    }

    /// The elements as f32: activations, f32 state, or an F32 weight. Panics otherwise: the graph's types rule it out.
    pub fn f32(&self) -> &'a [f32] {
        match self.data {
            OperandData::F32(data) => data,
            OperandData::Weight(weight) => weight.f32(),
            other => panic!("the contract promises f32, got {other:?}"),
        }
    }

    /// The elements as i32. Panics for other elements: the graph's types rule them out.
    pub fn i32(&self) -> &'a [i32] {
        match self.data {
            OperandData::I32(data) => data,
            other => panic!("the contract promises i32, got {other:?}"),
        }
    }

    /// Rows of bytes. Panics for other elements: the graph's types rule them out.
    pub fn bytes(&self) -> &'a [u8] {
        match self.data {
            OperandData::Bytes(data) => data,
            other => panic!("the contract promises bytes, got {other:?}"),
        }
    }

    /// The weight. Panics for other operands: the graph's types rule them out.
    pub fn weight(&self) -> &'a CpuWeight {
        match self.data {
            OperandData::Weight(weight) => weight,
            other => panic!("the contract promises a weight, got {other:?}"),
        }
    }
}

/// How a kernel's outputs are cut into tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Whole rows, in multiples of so many.
    Rows(usize),
    /// All rows of some columns, in multiples of so many columns.
    Cols(usize),
    /// Not at all: one thread does everything.
    Whole,
}

impl Partition {
    /// For kernels whose elements do not depend on each other: rows if every chunk gets one, else 64-byte columns.
    pub fn elementwise(out_dims: &[usize], chunks: usize) -> Self {
        let rows: usize = out_dims[..out_dims.len().saturating_sub(1)]
            .iter()
            .product();
        if rows >= chunks {
            Partition::Rows(1)
        } else {
            Partition::Cols(16)
        }
    }
}

/// A prepared kernel: one operation for one instruction set and one set of input types.
pub trait CpuKernel: Send + Sync {
    /// How to cut outputs whose first one has `out_dims` into `chunks` chunks. Every output is cut the same way.
    fn partition(&self, out_dims: &[usize], chunks: usize) -> Partition;

    /// About how many nanoseconds one thread takes: it decides into how many chunks a call is cut.
    fn nanos(&self, inputs: &[&[usize]], out_dims: &[usize]) -> usize {
        let _ = inputs;
        out_dims.iter().product()
    }

    /// f32 elements of scratch memory that a call with inputs of at most these dimensions needs per thread.
    fn scratch_floats(&self, inputs: &[&[usize]]) -> usize {
        let _ = inputs;
        0
    }

    /// Compute the elements of the output tiles. `scratch` has at least [`CpuKernel::scratch_floats`] elements of
    /// unspecified value. Must not allocate.
    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]);
}
