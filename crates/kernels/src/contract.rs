//! What the graph knows of an operation: its types, its state, and how to get a kernel for it.

use std::any::Any;
use std::fmt::{self, Debug};

use hearth_tensor::{DType, Dim};

use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::quantize_rows::Blocks;
use crate::weight::Layout;

/// What one element of a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// 32-bit floats: activations.
    F32,
    /// 32-bit integers: token ids, positions, numbers of rows and experts.
    I32,
    /// Activations rounded to 8 bits (`quantize_rows`).
    Q8(Blocks),
    /// A weight as the file stores it.
    Weight(DType),
    /// State that outlives a step and is written in place, such as a KV cache: of F32, F16 or Q8_0 elements.
    State(DType),
}

/// Element and dimensions of a value in the graph. Dimensions are row-major, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// What an element is.
    pub elem: Elem,
    /// Dimensions, outermost first, the contiguous one last.
    pub dims: Vec<Dim>,
}

impl ValueType {
    /// A value of `elem` with `dims`.
    pub fn new(elem: Elem, dims: impl IntoIterator<Item = Dim>) -> Self {
        ValueType {
            elem,
            dims: dims.into_iter().collect(),
        }
    }

    /// An f32 matrix `[rows, cols]`.
    pub fn f32_rows(rows: Dim, cols: usize) -> Self {
        Self::new(Elem::F32, [rows, Dim::Fixed(cols)])
    }

    /// The contiguous dimension, if it is known when the graph is built.
    pub fn cols(&self) -> Option<usize> {
        self.dims.last().copied().and_then(Dim::fixed)
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.elem {
            Elem::Weight(dtype) => write!(f, "{dtype}")?,
            Elem::State(dtype) => write!(f, "state {dtype}")?,
            elem => write!(f, "{elem:?}")?,
        }
        f.write_str("[")?;
        for (i, dim) in self.dims.iter().enumerate() {
            write!(f, "{}{dim}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

/// An operation's inputs break its contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// Wrong number of inputs.
    #[error("{op} takes {expected} inputs, not {found}")]
    Arity {
        /// The operation.
        op: &'static str,
        /// Inputs it takes.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// An input has the wrong element type or dimensions.
    #[error("{op}: input {input} is {found}, expected {expected}")]
    Input {
        /// The operation.
        op: &'static str,
        /// Which input.
        input: usize,
        /// What the contract asks for.
        expected: &'static str,
        /// What was given.
        found: ValueType,
    },
    /// The operation has no CPU kernel: a pass for GPUs made it.
    #[error("{op} is computed on GPUs only")]
    NoCpuKernel {
        /// The operation.
        op: &'static str,
    },
    /// The operation has no GPU kernel.
    #[error("{op} cannot be computed on a GPU yet")]
    NoGpuKernel {
        /// The operation.
        op: &'static str,
    },
    /// No kernel computes with a weight of this type.
    #[error("{op}: weights of type {dtype} cannot be computed with yet")]
    UnsupportedDType {
        /// The operation.
        op: &'static str,
        /// The weight's type.
        dtype: DType,
    },
}

/// The contract of one operation with its parameters.
///
/// Two operations whose [`Debug`] text is equal are the same operation with the same parameters: passes rely on it.
pub trait Operation: Any + Debug + Send + Sync {
    /// Name in the field's words, such as `rms_norm`.
    fn name(&self) -> &'static str;

    /// Check the inputs and give the types of the outputs.
    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError>;

    /// The inputs that are states which this operation writes in place. Output `i` is the state at the `i`-th of them
    /// afterwards, in the same memory.
    fn states_written(&self) -> &'static [usize] {
        &[]
    }

    /// The layout that the CPU kernel for these inputs wants for the weight at `input`; `None` if any will do.
    fn weight_layout(&self, input: usize, inputs: &[ValueType]) -> Option<Layout> {
        let _ = (input, inputs);
        Some(Layout::Rows)
    }

    /// A CPU kernel for inputs of these types.
    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError>;

    /// A GPU kernel for inputs of these types, whose weights are rows as the file has them.
    fn gpu(
        &self,
        inputs: &[ValueType],
        config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        let _ = (inputs, config);
        Err(ContractError::NoGpuKernel { op: self.name() })
    }
}

impl dyn Operation {
    /// This operation as a `T`, if it is one.
    pub fn downcast_ref<T: Operation>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// Check the number of inputs.
pub fn expect_arity(
    op: &'static str,
    inputs: &[ValueType],
    expected: usize,
) -> Result<(), ContractError> {
    if inputs.len() == expected {
        return Ok(());
    }
    Err(ContractError::Arity {
        op,
        expected,
        found: inputs.len(),
    })
}

/// Check one input with a predicate; `expected` says in words what it asks for.
pub fn expect_input(
    op: &'static str,
    inputs: &[ValueType],
    input: usize,
    expected: &'static str,
    holds: impl FnOnce(&ValueType) -> bool,
) -> Result<(), ContractError> {
    if holds(&inputs[input]) {
        return Ok(());
    }
    Err(ContractError::Input {
        op,
        input,
        expected,
        found: inputs[input].clone(),
    })
}
