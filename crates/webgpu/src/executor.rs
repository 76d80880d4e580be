//! The step.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use hearth_graph::profile::Profile;
use hearth_graph::{Bindings, OUTPUTS, Source, TOKENS, ValueId};
use hearth_kernels::ValueType;
use hearth_kernels::gpu::Shader;

use crate::binding::{Binder, Bound};
use crate::compiling::Compiling;
use crate::device::Gpu;
use crate::dispatch::{DispatchList, PARAMS_BYTES, dims};
use crate::error::GpuError;
use crate::memory::{Buffers, result_bytes};
use crate::profile::Profiler;
use crate::program::GpuProgram;
use crate::readback::Readback;
use crate::scratch;

/// Lists of so many sizes of steps are kept.
const LISTS: usize = 8;
/// Bytes of weights that may wait in staging memory.
const STAGED_BYTES: usize = 64 << 20;

/// Runs a program on a device. Weights are given once; states live there between steps.
#[derive(Debug)]
pub struct GpuExecutor {
    pub(crate) gpu: Gpu,
    pub(crate) program: GpuProgram,
    pub(crate) buffers: Buffers,
    /// Pipelines of the program, until it is ready.
    compiling: Option<Compiling>,
    /// Nothing until it is ready.
    bound: Vec<Bound>,
    params: wgpu::Buffer,
    /// Memory of the calls, which one after the other use.
    scratch: Vec<wgpu::Buffer>,
    lists: HashMap<[usize; 2], DispatchList>,
    /// The size whose parameters the device has.
    current: Option<[usize; 2]>,
    results: Readback,
    output: Vec<u8>,
    staged_bytes: usize,
    profiler: Option<Profiler>,
}

impl GpuExecutor {
    /// Make buffers for `program`, and begin to compile its shaders. Weights may be written at once; before the first step comes
    /// [`GpuExecutor::ready`].
    pub async fn new(gpu: Gpu, program: GpuProgram) -> Result<Self, GpuError> {
        let gpu = gpu.counted_apart();
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffers = Buffers::new(&gpu, &program);
        let scratch = scratch::buffers(&gpu, &program);
        let params = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("parameters"),
            size: (PARAMS_BYTES * program.dispatches().max(1)) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        if let Some(error) = scope.pop().await {
            return Err(out_of_memory(&program, &error));
        }
        gpu.check()?;
        Ok(GpuExecutor {
            results: Readback::new(&gpu, result_bytes(program.graph(), &program)),
            lists: HashMap::new(),
            current: None,
            output: Vec::new(),
            staged_bytes: 0,
            profiler: None,
            compiling: Some(Compiling::begin(&gpu, new_shaders(&gpu, &program))),
            bound: Vec::new(),
            params,
            scratch,
            buffers,
            program,
            gpu,
        })
    }

    /// Wait for the pipelines, and bind the buffers of every dispatch. After an error the executor is of no use.
    pub async fn ready(&mut self) -> Result<(), GpuError> {
        let Some(compiling) = &mut self.compiling else {
            return Ok(());
        };
        let compiled = compiling.finish().await;
        // A lost device refuses every shader.
        self.gpu.check()?;
        compiled?;
        let binder = Binder {
            gpu: &self.gpu,
            program: &self.program,
            buffers: &self.buffers,
            params: &self.params,
            tables: HashMap::new(),
            scratch: &self.scratch,
        };
        let device = &self.gpu.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        self.bound = binder.bind();
        if let Some(error) = scope.pop().await {
            return Err(out_of_memory(&self.program, &error));
        }
        self.gpu.check()?;
        self.compiling = None;
        Ok(())
    }

    /// The program.
    pub fn program(&self) -> &GpuProgram {
        &self.program
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Write rows of weight `index` of [`GpuProgram::weights`], from row `row` on, as the file has them: a multiple of
    /// [`crate::WeightPlan::ROW_UNIT`] of them, or all that are left.
    pub fn write_rows(&mut self, index: usize, row: usize, bytes: &[u8]) {
        let plan = &self.program.weights()[index];
        self.buffers.write_rows(&self.gpu, plan, row, bytes);
        self.staged_bytes += bytes.len();
        if self.staged_bytes >= STAGED_BYTES {
            // Staging memory comes back when the copies are done.
            self.gpu.queue.submit([]);
            let _ = self.gpu.device.poll(wgpu::PollType::wait_indefinitely());
            self.staged_bytes = 0;
        }
    }

    /// Run one step. `bindings` give the number of tokens and outputs. Panics before [`GpuExecutor::ready`].
    pub fn run(&mut self, inputs: &[(&str, &[i32])], bindings: &Bindings) -> Result<(), GpuError> {
        let size = self.prepare(inputs, bindings)?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.encode(size, bindings, &mut encoder, |_| ());
        self.gpu.queue.submit([encoder.finish()]);
        Ok(())
    }

    /// Write parameters and inputs of a step. Gives its size.
    pub(crate) fn prepare(
        &mut self,
        inputs: &[(&str, &[i32])],
        bindings: &Bindings,
    ) -> Result<[usize; 2], GpuError> {
        assert!(self.compiling.is_none(), "the executor was made ready");
        self.gpu.check()?;
        let size = [bindings.get(TOKENS), bindings.get(OUTPUTS)];
        if self.lists.len() >= LISTS && !self.lists.contains_key(&size) {
            self.lists.clear();
        }
        let make = || DispatchList::new(&self.program, &self.bound, bindings);
        let list = self.lists.entry(size).or_insert_with(make);
        if self.current != Some(size) {
            self.gpu.write(&self.params, 0, &list.params);
            self.current = Some(size);
        }
        for (name, data) in inputs {
            if let Some(buffer) = input(&self.program, &self.buffers, name) {
                self.gpu.write(buffer, 0, bytemuck::cast_slice(data));
            }
        }
        self.gpu.counters().step();
        Ok(size)
    }

    /// Put the dispatches of a step that was prepared into `encoder`, and then those of `more` into the same pass; while steps
    /// are counted, each node has a pass of its own.
    pub(crate) fn encode(
        &mut self,
        size: [usize; 2],
        bindings: &Bindings,
        encoder: &mut wgpu::CommandEncoder,
        more: impl FnOnce(&mut wgpu::ComputePass<'_>),
    ) {
        let list = &self.lists[&size];
        if let Some(profiler) = &mut self.profiler {
            let step = (list, &self.bound[..]);
            profiler.encode(&self.gpu, encoder, step, bindings);
            return more(&mut encoder.begin_compute_pass(&Default::default()));
        }
        let mut pass = encoder.begin_compute_pass(&Default::default());
        list.encode(&mut pass, &self.bound, 0..self.bound.len());
        more(&mut pass);
    }

    /// The buffer of a result. Panics if the graph has none of that name.
    pub(crate) fn result(&self, name: &str) -> &wgpu::Buffer {
        let mut outputs = self.program.graph().outputs().iter();
        let found = outputs.find(|(n, _)| **n == *name);
        let (_, id) = found.expect("the graph has this result");
        self.buffers.one(*id)
    }

    /// Start or stop counting what steps cost.
    pub fn set_profiling(&mut self, on: bool) {
        let others = self.scratch.iter().chain([&self.params]);
        let others = others.map(wgpu::Buffer::size);
        let bytes = || self.buffers.bytes() + others.sum::<u64>();
        self.profiler = on.then(|| Profiler::new(bytes()));
    }

    /// What was counted since counting started.
    pub async fn profile(&mut self) -> Result<Option<Profile>, GpuError> {
        match &mut self.profiler {
            None => Ok(None),
            Some(profiler) => profiler.collect(&self.gpu, &self.program).await.map(Some),
        }
    }

    /// A result of the last step, whose dimensions `bindings` were, row-major. Panics if the graph has no result of that name.
    pub async fn output(&mut self, name: &str, bindings: &Bindings) -> Result<&[f32], GpuError> {
        let graph = self.program.graph();
        let mut outputs = graph.outputs().iter();
        let found = outputs.find(|(n, _)| **n == *name);
        let (_, id) = found.expect("the graph has this result");
        let elems: usize = dims(graph, *id, bindings).iter().product();
        if elems == 0 {
            // Bytes that were never there have no alignment.
            return self.gpu.check().map(|()| &[][..]);
        }
        let range = (self.buffers.one(*id), 0..4 * elems);
        self.output.clear();
        self.results
            .read(&self.gpu, &[range], &mut self.output)
            .await?;
        Ok(bytemuck::cast_slice(&self.output))
    }

    /// Every state, in the order of the graph, with its type.
    pub fn states(&self) -> impl Iterator<Item = (ValueId, &ValueType)> {
        let graph = self.program.graph();
        let roots = self.program.state_roots.iter().enumerate();
        roots
            .filter(|(index, root)| root.is_some_and(|root| root.index() == *index))
            .map(|(index, _)| (graph.value_id(index), &graph.values()[index].ty))
    }

    /// Bytes of states, range after range. Ranges begin at whole words.
    pub async fn read_states(
        &self,
        ranges: &[(ValueId, Range<usize>)],
    ) -> Result<Vec<u8>, GpuError> {
        let words: Vec<_> = ranges
            .iter()
            .map(|(id, range)| {
                let end = range.start + range.len().next_multiple_of(4);
                (self.buffers.one(*id), range.start..end)
            })
            .collect();
        let bytes = words.iter().map(|(_, range)| range.len()).sum();
        let mut read = Vec::with_capacity(bytes);
        let memory = Readback::new(&self.gpu, bytes);
        memory.read(&self.gpu, &words, &mut read).await?;
        let mut left = &read[..];
        let mut wanted = Vec::with_capacity(bytes);
        for ((_, range), (_, words)) in ranges.iter().zip(&words) {
            let (now, rest) = left.split_at(words.len());
            wanted.extend_from_slice(&now[..range.len()]);
            left = rest;
        }
        Ok(wanted)
    }

    /// Write bytes of a state at a whole word. What is left of the last word becomes 0: it belongs to a cell behind the
    /// sequence's, which is written before it is read.
    pub fn write_state(&mut self, id: ValueId, at: usize, bytes: &[u8]) {
        self.gpu.write(self.buffers.one(id), at, bytes);
    }
}

/// Every shader of a program that the device has no pipeline of, once, in the order of the nodes.
fn new_shaders(gpu: &Gpu, program: &GpuProgram) -> Vec<Shader> {
    let mut seen = HashSet::new();
    let stages = program.kernels.iter().flat_map(|kernel| kernel.stages());
    let shaders = stages.map(|stage| &stage.shader);
    let new = shaders.filter(|shader| gpu.pipelines.made(shader).is_none() && seen.insert(*shader));
    new.cloned().collect()
}

fn out_of_memory(program: &GpuProgram, error: &wgpu::Error) -> GpuError {
    GpuError::OutOfMemory {
        bytes: program.bytes(),
        reason: error.to_string(),
    }
}

/// The buffer of an input, if the graph has it.
pub(crate) fn input<'a>(
    program: &GpuProgram,
    buffers: &'a Buffers,
    name: &str,
) -> Option<&'a wgpu::Buffer> {
    let graph = program.graph();
    let mut values = graph.values().iter();
    let index = values.position(|v| matches!(&v.source, Source::Input(n) if **n == *name))?;
    Some(buffers.one(graph.value_id(index)))
}
