//! What an executor on a GPU needs of a kernel: shaders as text, what they bind, and how many workgroups a step takes.
//!
//! Everything here is a pure function of types and dimensions; no device is touched. A call of an operation is one or
//! more [`Stage`]s, each a dispatch of one shader. The shaders of an operation stand beside its CPU kernel; what they
//! share (bytes of a weight, sums over a workgroup) are the snippets of [`wgsl`].

pub mod wgsl;

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::ops::Range;

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

/// What a device has beyond the least that WebGPU promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuConfig {
    /// Half-precision arithmetic.
    pub f16: bool,
    /// The smallest and largest number of invocations that work in step, where sums over them are known.
    pub subgroups: Option<[u32; 2]>,
    /// Products of four bytes at once.
    pub packed_dot: bool,
    /// Invocations of a workgroup at most.
    pub max_invocations: u32,
    /// Bytes that a workgroup shares at most.
    pub max_workgroup_bytes: u32,
}

impl GpuConfig {
    /// The least that every WebGPU device has.
    pub const LEAST: GpuConfig = GpuConfig {
        f16: false,
        subgroups: None,
        packed_dot: false,
        max_invocations: 256,
        max_workgroup_bytes: 16384,
    };
}

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
