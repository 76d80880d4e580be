//! What an executor on a GPU needs of a kernel: shaders as text, what they bind, and how many workgroups a step takes.
//!
//! Everything here is a pure function of types and dimensions; no device is touched. A call of an operation is one or
//! more [`Stage`]s, each a dispatch of one shader. The shaders of an operation stand beside its CPU kernel; what they
//! share (bytes of a weight, sums over a workgroup) are the snippets of [`wgsl`].

pub mod wgsl;

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::ops::Range;

use hearth_tensor::DType;

/// A compute shader as data. Its entry point is `main`, its bindings are those of group 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shader {
    /// Its name, also the pipeline's label.
    pub name: Cow<'static, str>,
    /// WGSL.
    pub source: Cow<'static, str>,
    /// What binding 1 and following are; binding 0 is the uniform parameters.
    pub bindings: Vec<Binding>,
    /// Invocations of a workgroup.
    pub workgroup_size: [u32; 3],
}

/// How a shader sees a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    ReadWrite,
}

/// The buffer of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// An input of the operation.
    Input(usize),
    /// An output. A state that is written in place is an output.
    Output(usize),
    /// Memory of the call, by number.
    Scratch(usize),
    /// Numbers that never change, such as the vectors of an IQ type.
    Table(&'static [u8]),
}

/// One dispatch of a call.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What runs.
    pub shader: Shader,
    /// The buffers of [`Shader::bindings`].
    pub binds: Vec<Bind>,
}

/// The dimensions of a call in a step.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Of the inputs, outermost first.
    pub inputs: &'a [&'a [usize]],
    /// Of the first output.
    pub output: &'a [usize],
    /// The rows of the weight at [`GpuKernel::split_input`] that the bound buffer holds.
    pub rows: Option<&'a Range<usize>>,
}

impl Call<'_> {
    /// Elements of input `i`.
    pub fn elements(&self, i: usize) -> usize {
        self.inputs[i].iter().product()
    }

    /// Rows of input `i`: the product of all its dimensions but the last.
    pub fn rows_of(&self, i: usize) -> usize {
        let dims = self.inputs[i];
        dims[..dims.len().saturating_sub(1)].iter().product()
    }
}

/// Parameters and size of a dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The words of the uniform structure `Params`.
    pub params: Vec<u32>,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
}

/// A prepared kernel: one operation for one device and one set of input types.
pub trait GpuKernel: Debug + Send + Sync {
    /// The dispatches of a call, in order.
    fn stages(&self) -> &[Stage];

    /// Parameters and workgroups of a stage.
    fn launch(&self, stage: usize, call: &Call<'_>) -> Launch;

    /// Bytes of each of [`Bind::Scratch`]'s buffers for a call with inputs of at most these dimensions.
    fn scratch_bytes(&self, call: &Call<'_>) -> Vec<usize> {
        let _ = call;
        Vec::new()
    }

    /// The input that is a weight whose rows may lie in several buffers, each a call of its own.
    fn split_input(&self) -> Option<usize> {
        None
    }
}

/// A kernel of one dispatch.
pub struct Single<F> {
    stage: Stage,
    launch: F,
    split: Option<usize>,
}

impl<F: Fn(&Call<'_>) -> Launch + Send + Sync + 'static> Single<F> {
    /// Runs `stage` as `launch` says.
    pub fn new(stage: Stage, launch: F) -> Self {
        Single {
            stage,
            launch,
            split: None,
        }
    }

    /// The rows of the weight at `input` may lie in several buffers.
    pub fn split_by_rows_of(self, input: usize) -> Self {
        let split = Some(input);
        Single { split, ..self }
    }

    /// As every kernel is held.
    pub fn boxed(self) -> Box<dyn GpuKernel> {
        Box::new(self)
    }
}

impl<F> Debug for Single<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stage.shader.name)
    }
}

impl<F: Fn(&Call<'_>) -> Launch + Send + Sync> GpuKernel for Single<F> {
    fn stages(&self) -> &[Stage] {
        std::slice::from_ref(&self.stage)
    }

    fn launch(&self, _: usize, call: &Call<'_>) -> Launch {
        (self.launch)(call)
    }

    fn split_input(&self) -> Option<usize> {
        self.split
    }
}

/// What kernels may use beyond the least that every WebGPU device has: what a device has, as far as it is right there and pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuConfig {
    /// Of what is no product with a weight: neighbours in a workgroup that work in step, a power of two; sums over them need
    /// no memory. 1 where none are known to.
    pub in_step: usize,
    /// Products with weights of these types; others are plain.
    pub products: Vec<(DType, ProductVariant)>,
}

/// One of the ways to multiply with a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProductVariant {
    /// As [`GpuConfig::in_step`], for few rows.
    pub in_step: usize,
    /// For many rows.
    pub arithmetic: Arithmetic,
}

/// What a product of many rows is computed in. Sums of more than a few elements, and all scales, are in f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// f32.
    #[default]
    F32,
    /// Half precision, by activations in units of the largest of 32.
    F16,
    /// Products of four bytes at once, by activations rounded to 8 bits.
    PackedDot,
}

impl Arithmetic {
    /// All of them.
    pub const ALL: [Arithmetic; 3] = [Arithmetic::F32, Arithmetic::F16, Arithmetic::PackedDot];

    /// Whether products with weights of this type can be computed in it.
    pub fn takes(self, dtype: DType) -> bool {
        // Blocks hold whole numbers of no more than 8 bits in units of their scales.
        self == Arithmetic::F32 || dtype.block_elems() > 1
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Arithmetic::F32 => "f32",
            Arithmetic::F16 => "f16",
            Arithmetic::PackedDot => "packed-dot",
        })
    }
}

impl ProductVariant {
    /// Right on every device.
    pub const PLAIN: ProductVariant = ProductVariant {
        in_step: 1,
        arithmetic: Arithmetic::F32,
    };
}

impl GpuConfig {
    /// The least that every WebGPU device has.
    pub const LEAST: GpuConfig = GpuConfig {
        in_step: 1,
        products: Vec::new(),
    };

    /// How to multiply with weights of a type.
    pub fn product(&self, dtype: DType) -> ProductVariant {
        let mut products = self.products.iter();
        let found = products.find(|(of, _)| *of == dtype);
        found.map_or(ProductVariant::PLAIN, |(_, variant)| *variant)
    }
}

/// Invocations of a workgroup that every device takes.
pub const MAX_INVOCATIONS: u32 = 256;

/// Bytes that a workgroup may share on every device.
pub const MAX_WORKGROUP_BYTES: u32 = 16_384;

/// Workgroups along one axis that every device takes.
pub const MAX_WORKGROUPS: u32 = 65_535;

/// `n` workgroups over x and y, so that neither exceeds [`MAX_WORKGROUPS`]; a shader counts `x + y * workgroups along x`,
/// and leaves where that is too many.
pub fn grid(n: usize) -> [u32; 3] {
    let n = size(n);
    let y = n.div_ceil(MAX_WORKGROUPS).max(1);
    [n.div_ceil(y), y, 1]
}

/// Invocations of a workgroup where each has its own element.
pub const ELEMENTWISE: usize = 64;

/// The launch of a shader whose first parameter is a number of elements, an invocation of a workgroup of
/// [`ELEMENTWISE`] for each.
pub fn elementwise(elements: usize, more: &[u32]) -> Launch {
    Launch {
        params: std::iter::once(size(elements))
            .chain(more.iter().copied())
            .collect(),
        grid: grid(elements.div_ceil(ELEMENTWISE)),
    }
}

/// A workgroup for each of some rows, whose number is the first parameter.
pub fn by_row(rows: usize, more: &[u32]) -> Launch {
    Launch {
        params: std::iter::once(size(rows))
            .chain(more.iter().copied())
            .collect(),
        grid: grid(rows),
    }
}

/// A dimension as a shader's word. Panics beyond 2^32: no buffer holds so many elements.
pub fn size(n: usize) -> u32 {
    u32::try_from(n).expect("a buffer of a GPU has fewer than 2^32 elements")
}

#[cfg(test)]
mod tests;
