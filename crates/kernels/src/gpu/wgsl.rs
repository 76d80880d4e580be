//! Shaders are put together from text: constants that are known when a program is built, snippets, and the operation's own.

use std::fmt::Write as _;

use super::{Bind, Binding, Shader, Stage, size};

/// The bytes of a weight `w: array<u32>`.
pub const BYTES: &str = include_str!("bytes.wgsl");
/// Half-precision numbers as bits.
pub const HALF: &str = include_str!("half.wgsl");
const REDUCE: &str = include_str!("reduce.wgsl");
const IN_STEP: &str = include_str!("in_step.wgsl");
const ALONE: &str = include_str!("alone.wgsl");
/// `activation(x)`, by the constant `ACTIVATION`.
pub const ACTIVATION: &str = include_str!("activation.wgsl");

/// No more invocations than this need work in step: the smallest workgroup that sums.
const WIDEST_STEP: usize = 64;

/// A shader's text as it grows.
#[derive(Clone, Debug, Default)]
pub struct Source(String);

impl Source {
    /// `const NAME: u32 = VALUE;`
    pub fn size(mut self, name: &str, value: usize) -> Self {
        let _ = writeln!(self.0, "const {name}: u32 = {value}u;");
        self
    }

    /// `const NAME: bool = VALUE;`
    pub fn flag(mut self, name: &str, value: bool) -> Self {
        let _ = writeln!(self.0, "const {name}: bool = {value};");
        self
    }

    /// `const NAME: f32 = VALUE;`, exactly. Panics for infinity and NaN, which WGSL cannot write down.
    pub fn number(mut self, name: &str, value: f32) -> Self {
        assert!(value.is_finite(), "{name} is {value}");
        let _ = writeln!(self.0, "const {name}: f32 = {value:e}f;");
        self
    }

    /// `sum_in_step` and `max_in_step` of the numbers of so many invocations, at most [`WIDEST_STEP`].
    pub fn in_step(self, invocations: usize) -> Self {
        let invocations = invocations.min(WIDEST_STEP);
        let text = if invocations > 1 { IN_STEP } else { ALONE };
        self.size("IN_STEP", invocations).text(text)
    }

    /// `sum_of_workgroup` and `max_of_workgroup` of one number an invocation, of which so many work in step.
    pub fn reduce(self, in_step: usize) -> Self {
        self.in_step(in_step).text(REDUCE)
    }

    /// More text.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    /// The whole.
    pub fn finish(self) -> String {
        self.0
    }
}

/// The bindings of a shader as they are put together, each an array of one type. Binding 0 is `params: Params`.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    text: String,
    bindings: Vec<Binding>,
    binds: Vec<Bind>,
}

impl Bindings {
    /// An array that is read.
    pub fn read(self, name: &str, element: &str, bind: Bind) -> Self {
        self.add(name, element, Binding::Read, bind)
    }

    /// An array that is written.
    pub fn write(self, name: &str, element: &str, bind: Bind) -> Self {
        self.add(name, element, Binding::ReadWrite, bind)
    }

    fn add(mut self, name: &str, element: &str, binding: Binding, bind: Bind) -> Self {
        let access = match binding {
            Binding::Read => "read",
            Binding::ReadWrite => "read_write",
        };
        self.bindings.push(binding);
        self.binds.push(bind);
        let number = self.bindings.len();
        let _ = writeln!(
            self.text,
            "@group(0) @binding({number}) var<storage, {access}> {name}: array<{element}>;"
        );
        self
    }

    /// The dispatch of a shader with these bindings and workgroups of so many invocations, the constant `WORKGROUP`. The
    /// text declares `Params`.
    pub fn stage(self, name: impl Into<String>, workgroup: usize, text: Source) -> Stage {
        let source = Source::default()
            .size("WORKGROUP", workgroup)
            .text("@group(0) @binding(0) var<uniform> params: Params;")
            .text(&self.text)
            .text(&text.finish());
        Stage {
            shader: Shader {
                name: name.into().into(),
                source: source.finish().into(),
                bindings: self.bindings,
                workgroup_size: [size(workgroup), 1, 1],
            },
            binds: self.binds,
        }
    }
}
