//! A program with its weights and states, run step by step.

use std::sync::Arc;

use hearth_graph::{Bindings, Source};
use hearth_kernels::weight::{AlignedBytes, WeightSpec};
use hearth_kernels::{CpuWeight, Elem, Layout, ValueType};
use hearth_tensor::DType;
use web_time::Instant;

use crate::call::{Dims, Step};
use crate::pool::Pool;
use crate::profile::Profile;
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
    scratch: Vec<Vec<f32>>,
    dims: Dims,
    state_pointers: Vec<*mut u8>,
    profile: Option<Profile>,
    pool: Pool,
}

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
            scratch: vec![vec![0.0; program.scratch_floats]; pool.threads()],
            dims: Dims::default(),
            state_pointers: vec![std::ptr::null_mut(); count],
            profile: None,
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
        self.take_inputs(inputs)?;
        for (pointer, state) in self.state_pointers.iter_mut().zip(&mut self.states) {
            if let Some(state) = state {
                *pointer = state.as_mut_ptr();
            }
        }
        let step = Step {
            program: &self.program,
            dims: &self.dims,
            weights: &self.weights,
            inputs: &self.inputs,
            arena: self.arena.as_mut_ptr(),
            states: &self.state_pointers,
        };
        let scratch = ScratchPerThread::new(&mut self.scratch);
        let nodes = self.program.graph().nodes().len();
        match &mut self.profile {
            None => self.pool.run(&|team| {
                // SAFETY: each member of the team has an index of its own.
                let scratch = unsafe { scratch.of(team.index) };
                for node in 0..nodes {
                    step.run_node(node, team.index, team.threads, scratch);
                    team.barrier();
                }
            }),
            Some(profile) => {
                for node in 0..nodes {
                    let start = Instant::now();
                    self.pool.run(&|team| {
                        // SAFETY: each member of the team has an index of its own.
                        let scratch = unsafe { scratch.of(team.index) };
                        step.run_node(node, team.index, team.threads, scratch);
                    });
                    let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    let node = &self.program.graph().nodes()[node];
                    let read = node
                        .inputs
                        .iter()
                        .filter_map(|id| self.weights[id.index()].as_ref());
                    let bytes: usize = read.map(|w| w.bytes.len()).sum();
                    profile.add(node.op.name(), nanos, bytes as u64);
                }
            }
        }
        Ok(())
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

/// Scratch memory that each thread takes its own part of.
struct ScratchPerThread(Vec<(*mut f32, usize)>);

// SAFETY: `of` demands that each part is used by one thread.
unsafe impl Sync for ScratchPerThread {}

impl ScratchPerThread {
    fn new(parts: &mut [Vec<f32>]) -> Self {
        ScratchPerThread(
            parts
                .iter_mut()
                .map(|p| (p.as_mut_ptr(), p.len()))
                .collect(),
        )
    }

    /// # Safety
    /// No other borrow of part `index` may be alive.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller promises that each part has one borrower"
    )]
    unsafe fn of(&self, index: usize) -> &mut [f32] {
        let (start, len) = self.0[index];
        // SAFETY: the part is a live allocation of `len` floats, borrowed once by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }
}
