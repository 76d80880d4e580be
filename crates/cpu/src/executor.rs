//! A program with its weights and states, run step by step.

use std::sync::Arc;

use hearth_graph::profile::{Cost, Profile, value_bytes_of};
use hearth_graph::{Bindings, Source, TOKENS};
use hearth_kernels::weight::{AlignedBytes, WeightSpec};
use hearth_kernels::{CpuWeight, Elem, Layout, ValueType};
use hearth_tensor::DType;
use web_time::Instant;

use crate::call::{Dims, Step};
use crate::pool::{Phases, Pool};
use crate::program::Program;

/// A step cannot run. Each is a defect of the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// A weight was never given.
    #[error("weight {name} was not loaded")]
    MissingWeight {
        /// Its name.
        name: Arc<str>,
    },
    /// A weight is not what was planned.
    #[error("weight {name} does not have the planned type, dimensions and layout")]
    WrongWeight {
        /// Its name.
        name: Arc<str>,
    },
    /// An input was not given, or has the wrong length.
    #[error("input {name} has {found} elements, expected {expected}")]
    Input {
        /// Its name.
        name: Arc<str>,
        /// Elements by the graph and the bindings.
        expected: usize,
        /// Elements given.
        found: usize,
    },
    /// A step is larger than the program was planned for.
    #[error("the step is larger than the program was planned for")]
    TooLarge,
}

/// The inputs of a step by name.
pub type StepInputs<'a> = [(&'a str, &'a [i32])];

/// Runs a program. Weights are given once; states live here between steps.
#[derive(Debug)]
pub struct CpuExecutor {
    program: Program,
    weights: Vec<Option<CpuWeight>>,
    states: Vec<Option<AlignedBytes>>,
    inputs: Vec<Vec<i32>>,
    arena: AlignedBytes,
    /// A part for each thread.
    scratch: AlignedBytes,
    dims: Dims,
    /// The chunks of each node's call in this step.
    chunks: Vec<usize>,
    state_pointers: Vec<*mut u8>,
    profile: Option<Profile>,
    /// The dimensions of the step that is profiled.
    bindings: Bindings,
    pool: Pool,
    /// Threads for steps of at most [`SMALL_STEP_TOKENS`].
    small_step_threads: usize,
}

/// Tokens of a step that is bound by reading the weights, not by arithmetic.
const SMALL_STEP_TOKENS: usize = 8;

// SAFETY: `state_pointers` point into `states`, which move along with the executor.
unsafe impl Send for CpuExecutor {}

impl CpuExecutor {
    /// Allocate states and working memory for `program`.
    pub fn new(program: Program, pool: Pool) -> Self {
        let count = program.graph().values().len();
        let mut states: Vec<Option<AlignedBytes>> = (0..count).map(|_| None).collect();
        for (root, bytes) in program.states() {
            states[root.index()] = Some(AlignedBytes::zeroed(bytes));
        }
        let weights = program.graph().values().iter().map(constant).collect();
        CpuExecutor {
            weights,
            inputs: vec![Vec::new(); count],
            arena: AlignedBytes::zeroed(program.plan.arena_bytes),
            scratch: AlignedBytes::zeroed(scratch_stride(&program) * pool.threads()),
            dims: Dims::default(),
            chunks: Vec::with_capacity(program.graph().nodes().len()),
            state_pointers: vec![std::ptr::null_mut(); count],
            profile: None,
            bindings: Bindings::default(),
            small_step_threads: pool.threads(),
            states,
            pool,
            program,
        }
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Threads that compute.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Threads that compute steps of few tokens: all, unless [`CpuExecutor::tune_threads`] found fewer to be faster.
    pub fn small_step_threads(&self) -> usize {
        self.small_step_threads
    }

    pub(crate) fn set_small_step_threads(&mut self, threads: usize) {
        self.small_step_threads = threads;
    }

    /// The threads, for other work between steps.
    pub fn pool_mut(&mut self) -> &mut Pool {
        &mut self.pool
    }

    /// Give the weight of plan `index` of [`Program::weights`].
    pub fn set_weight(&mut self, index: usize, weight: CpuWeight) -> Result<(), StepError> {
        let plan = &self.program.weights()[index];
        let found = WeightSpec {
            dtype: weight.dtype,
            rows: weight.rows,
            cols: weight.cols,
            layout: weight.layout,
        };
        if found != plan.spec {
            return Err(StepError::WrongWeight {
                name: plan.tensor.name.clone(),
            });
        }
        self.weights[plan.value.index()] = Some(weight);
        Ok(())
    }

    /// Start or stop counting time per operation.
    pub fn set_profiling(&mut self, on: bool) {
        self.profile = on.then(Profile::default);
    }

    /// What was counted since profiling started.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Run one step. `bindings` give the number of tokens and outputs.
    pub fn run(&mut self, inputs: &StepInputs<'_>, bindings: &Bindings) -> Result<(), StepError> {
        self.check_bounds(bindings)?;
        self.dims.resolve(&self.program, bindings);
        self.bindings = *bindings;
        self.take_inputs(inputs)?;
        let is_small = bindings.get(TOKENS) <= SMALL_STEP_TOKENS;
        self.pool.set_active(if is_small {
            self.small_step_threads
        } else {
            self.pool.threads()
        });
        self.run_nodes(self.program.graph().nodes().len());
        Ok(())
    }

    /// Run the first `count` nodes with the inputs and dimensions that are set.
    pub(crate) fn run_nodes(&mut self, count: usize) {
        for (pointer, state) in self.state_pointers.iter_mut().zip(&mut self.states) {
            if let Some(state) = state {
                *pointer = state.as_mut_ptr();
            }
        }
        let threads = self.pool.active();
        self.chunks.clear();
        let chunks = (0..count).map(|node| self.dims.chunks(&self.program, node, threads));
        self.chunks.extend(chunks);
        let stride = scratch_stride(&self.program);
        let work = Nodes {
            step: Step {
                program: &self.program,
                dims: &self.dims,
                weights: &self.weights,
                inputs: &self.inputs,
                arena: self.arena.as_mut_ptr(),
                states: &self.state_pointers,
            },
            first: 0,
            chunks: &self.chunks,
            scratch: ScratchPerThread {
                start: self.scratch.as_mut_ptr(),
                stride,
            },
        };
        match &mut self.profile {
            None => self.pool.run_phases(&work),
            Some(profile) => {
                for (first, chunks) in self.chunks.chunks(1).enumerate() {
                    let start = Instant::now();
                    self.pool.run_phases(&Nodes {
                        first,
                        chunks,
                        ..work
                    });
                    let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    let graph = self.program.graph();
                    let node = &graph.nodes()[first];
                    let read = node
                        .inputs
                        .iter()
                        .filter_map(|id| self.weights[id.index()].as_ref());
                    let weight_bytes = read.map(|w| w.bytes.len() as u64).sum();
                    let cost = Cost {
                        calls: 1,
                        nanos,
                        weight_bytes,
                        bytes: weight_bytes + value_bytes_of(graph, node, &self.bindings),
                        dispatches: 0,
                    };
                    profile.add(node, cost);
                }
            }
        }
    }

    /// A result of the last step, row-major. Panics if the graph has no f32 result of that name.
    pub fn output(&self, name: &str) -> &[f32] {
        let outputs = self.program.graph().outputs();
        let (_, id) = outputs
            .iter()
            .find(|(n, _)| **n == *name)
            .expect("the graph has this result");
        let offset = self
            .program
            .plan
            .offset(*id)
            .expect("results are intermediate values");
        let elems: usize = self.dims.of(*id).iter().product();
        bytemuck::cast_slice(&self.arena[offset..offset + 4 * elems])
    }

    /// The states, to be saved, copied or restored.
    pub fn states_mut(&mut self) -> impl Iterator<Item = StateMut<'_>> {
        let graph = self.program.graph();
        self.states
            .iter_mut()
            .enumerate()
            .filter_map(|(index, bytes)| {
                let value = &graph.values()[index];
                let Source::State(name) = &value.source else {
                    return None;
                };
                Some(StateMut {
                    name,
                    ty: &value.ty,
                    bytes: bytes.as_mut()?,
                })
            })
    }

    /// Prepare the first nodes for a step of zeros. Gives how many of them read so many bytes of weights, or all.
    pub(crate) fn begin_trial(
        &mut self,
        bindings: &Bindings,
        bytes: usize,
    ) -> Result<usize, StepError> {
        self.check_bounds(bindings)?;
        self.dims.resolve(&self.program, bindings);
        for (index, value) in self.program.graph().values().iter().enumerate() {
            if matches!(value.source, Source::Input(_)) {
                let elems = self.dims.of_index(index).iter().product();
                self.inputs[index].clear();
                self.inputs[index].resize(elems, 0);
            }
        }
        let mut read = 0;
        let nodes = self.program.graph().nodes();
        let enough = nodes.iter().position(|node| {
            // A table of embeddings is not read as a whole.
            let weights = node.inputs.iter().skip(1);
            let weights = weights.filter_map(|id| self.weights[id.index()].as_ref());
            if node.op.name() != "embed" {
                read += weights.map(|w| w.bytes.len()).sum::<usize>();
            }
            read > bytes
        });
        Ok(enough.map_or(nodes.len(), |last| last + 1))
    }

    /// Fill states with zeros, as they were before the first step.
    pub(crate) fn clear_states(&mut self, which: impl Fn(&ValueType) -> bool) {
        for state in self.states_mut().filter(|state| which(state.ty)) {
            state.bytes.fill(0);
        }
    }

    fn check_bounds(&self, bindings: &Bindings) -> Result<(), StepError> {
        for symbol in [hearth_graph::TOKENS, hearth_graph::OUTPUTS] {
            if bindings.get(symbol) > self.program.bounds.get(symbol) {
                return Err(StepError::TooLarge);
            }
        }
        match self
            .program
            .weights()
            .iter()
            .find(|w| self.weights[w.value.index()].is_none())
        {
            Some(plan) => Err(StepError::MissingWeight {
                name: plan.tensor.name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn take_inputs(&mut self, inputs: &StepInputs<'_>) -> Result<(), StepError> {
        for (index, value) in self.program.graph().values().iter().enumerate() {
            let Source::Input(name) = &value.source else {
                continue;
            };
            let given = inputs
                .iter()
                .find(|(n, _)| **n == **name)
                .map_or(&[][..], |(_, data)| data);
            let expected = self.dims.of_index(index).iter().product();
            if given.len() != expected {
                return Err(StepError::Input {
                    name: name.clone(),
                    expected,
                    found: given.len(),
                });
            }
            self.inputs[index].clear();
            self.inputs[index].extend_from_slice(given);
        }
        Ok(())
    }
}

/// A state's memory.
#[derive(Debug)]
pub struct StateMut<'a> {
    /// Its name in the graph.
    pub name: &'a str,
    /// Element and dimensions.
    pub ty: &'a ValueType,
    /// The elements' bytes.
    pub bytes: &'a mut [u8],
}

/// A constant of the graph as a weight.
fn constant(value: &hearth_graph::Value) -> Option<CpuWeight> {
    let Source::Constant(_, data) = &value.source else {
        return None;
    };
    let mut bytes = AlignedBytes::zeroed(4 * data.len());
    bytes.copy_from_slice(bytemuck::cast_slice(data));
    debug_assert_eq!(value.ty.elem, Elem::Weight(DType::F32));
    Some(CpuWeight {
        dtype: DType::F32,
        rows: 1,
        cols: data.len(),
        layout: Layout::Rows,
        bytes,
    })
}

/// A run of nodes as the pool's phases.
#[derive(Clone, Copy)]
struct Nodes<'a> {
    step: Step<'a>,
    /// The node of phase 0.
    first: usize,
    /// The chunks of each phase.
    chunks: &'a [usize],
    scratch: ScratchPerThread,
}

impl Phases for Nodes<'_> {
    fn count(&self) -> usize {
        self.chunks.len()
    }

    fn chunks(&self, phase: usize) -> usize {
        self.chunks[phase]
    }

    fn run(&self, phase: usize, chunk: usize, member: usize) {
        // SAFETY: the pool makes no two calls for one member at the same time.
        let scratch = unsafe { self.scratch.of(member) };
        let parts = self.chunks[phase];
        self.step
            .run_node(self.first + phase, chunk, parts, scratch);
    }
}

/// Bytes from one thread's scratch memory to the next one's; whole cache lines.
fn scratch_stride(program: &Program) -> usize {
    (size_of::<f32>() * program.scratch_floats).next_multiple_of(64)
}

/// Scratch memory that each thread takes its own part of.
#[derive(Clone, Copy)]
struct ScratchPerThread {
    start: *mut u8,
    stride: usize,
}

// SAFETY: `of` demands that each part is used by one thread.
unsafe impl Sync for ScratchPerThread {}

impl ScratchPerThread {
    /// # Safety
    /// `index` is below the number of threads that the memory was allocated for, and no other borrow of its part is
    /// alive.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller promises that each part has one borrower"
    )]
    unsafe fn of(&self, index: usize) -> &mut [f32] {
        let floats = self.stride / size_of::<f32>();
        // SAFETY: the part lies within the allocation, at a cache line, and is borrowed once by the caller's promise.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.add(index * self.stride).cast(), floats)
        }
    }
}
