//! Steps whose token the device chooses: an id is all that comes back, and the next step can follow before it does.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use hearth_graph::Bindings;
use hearth_kernels::gpu::Bind;
use hearth_kernels::sample::{Buffer, Choice, ChoiceKernel, RECENT, Settings};

use crate::device::{Gpu, lock};
use crate::dispatch::PARAMS_BYTES;
use crate::error::GpuError;
use crate::executor::{GpuExecutor, input};
use crate::pipelines::Pipeline;
use crate::readback::Mapped;

/// Bytes of an id.
const ID_BYTES: u64 = 4;

/// What chooses the tokens of one text: its dispatches, and the ring of tokens seen lately.
#[derive(Debug)]
pub struct Chooser {
    kernel: ChoiceKernel,
    stages: Vec<(wgpu::ComputePipeline, wgpu::BindGroup)>,
    params: wgpu::Buffer,
    recent: wgpu::Buffer,
    /// Memory that ids came back in.
    spare: Spare,
}

type Spare = Arc<Mutex<Vec<wgpu::Buffer>>>;

/// A step and the choice after it.
#[derive(Clone, Copy, Debug)]
pub struct ChoosingStep<'a> {
    /// The inputs that the host knows.
    pub inputs: &'a [(&'a str, &'a [i32])],
    /// The input whose one element is the token that was chosen last: number `choice.seen - 1` of the text.
    pub fed: Option<&'a str>,
    /// The number of tokens; one row of results.
    pub bindings: &'a Bindings,
    /// What is drawn, and where in the text.
    pub choice: Choice,
}

impl GpuExecutor {
    /// What chooses by rows of the result `name`. Panics where the settings are not supported, or there is no such result.
    pub async fn chooser(&mut self, name: &str, settings: Settings) -> Result<Chooser, GpuError> {
        let kernel = ChoiceKernel::new(settings);
        let gpu = self.gpu.clone();
        let storage = |buffer: Buffer| gpu.storage("choice", buffer.bytes(kernel.settings()));
        let [recent, work, counters] =
            [Buffer::Recent, Buffer::Work, Buffer::Counters].map(storage);
        let bias = bias(&gpu, kernel.settings());
        let params = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("choice"),
            size: (PARAMS_BYTES * kernel.stages().len()) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let logits = self.result(name).clone();
        let of = |bind: Bind| match Buffer::of(bind) {
            Buffer::Logits => &logits,
            Buffer::Bias => &bias,
            Buffer::Recent => &recent,
            Buffer::Work => &work,
            Buffer::Counters => &counters,
        };
        let mut stages = Vec::new();
        for stage in kernel.stages() {
            let pipeline = gpu.pipelines.get(&gpu, &stage.shader).await?;
            let bound: Vec<&wgpu::Buffer> = stage.binds.iter().map(|&bind| of(bind)).collect();
            let group = group(&gpu, &pipeline, &params, &bound);
            stages.push((pipeline.pipeline, group));
        }
        gpu.check()?;
        Ok(Chooser {
            kernel,
            stages,
            params,
            recent,
            spare: Spare::default(),
        })
    }

    /// Run one step and choose a token by its row of results.
    pub fn run_choosing(
        &mut self,
        chooser: &Chooser,
        step: &ChoosingStep<'_>,
    ) -> Result<PendingToken, GpuError> {
        let size = self.prepare(step.inputs, step.bindings)?;
        let groups = chooser.write_params(&self.gpu, &step.choice);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let place = |number: usize| 4 * ChoiceKernel::place(number) as u64;
        if let Some(fed) = step.fed.and_then(|name| self.input(name)) {
            let newest = place(step.choice.seen.saturating_sub(1));
            encoder.copy_buffer_to_buffer(&chooser.recent, newest, fed, 0, ID_BYTES);
        }
        self.encode(size, step.bindings, &mut encoder, |pass| {
            let stages = chooser.stages.iter().zip(groups).enumerate();
            for (index, ((pipeline, group), [x, y, z])) in stages {
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, group, &[(index * PARAMS_BYTES) as u32]);
                pass.dispatch_workgroups(x, y, z);
            }
        });
        let memory = chooser.memory(&self.gpu);
        let chosen = place(step.choice.seen);
        encoder.copy_buffer_to_buffer(&chooser.recent, chosen, &memory, 0, ID_BYTES);
        let submission = self.gpu.queue.submit([encoder.finish()]);
        Ok(PendingToken {
            mapped: Mapped::new(&self.gpu, &memory, ID_BYTES, submission),
            memory,
            gpu: self.gpu.clone(),
            spare: chooser.spare.clone(),
        })
    }

    fn input(&self, name: &str) -> Option<&wgpu::Buffer> {
        input(&self.program, &self.buffers, name)
    }
}

impl Chooser {
    /// Tell the tokens of a text so far, as far as a choice looks at them.
    pub fn remember(&self, executor: &GpuExecutor, seen: &[u32]) {
        let mut start = seen.len() - self.kernel.window(seen.len());
        while start < seen.len() {
            let place = ChoiceKernel::place(start);
            let end = seen.len().min(start + RECENT - place);
            let tokens = bytemuck::cast_slice(&seen[start..end]);
            executor.gpu.write(&self.recent, 4 * place, tokens);
            start = end;
        }
    }

    /// Write what every dispatch is told, and give its workgroups.
    fn write_params(&self, gpu: &Gpu, choice: &Choice) -> Vec<[u32; 3]> {
        let launches = (0..self.stages.len()).map(|stage| self.kernel.launch(stage, choice));
        let mut params = vec![0; PARAMS_BYTES * self.stages.len()];
        let mut grids = Vec::with_capacity(self.stages.len());
        for (launch, params) in launches.zip(params.chunks_exact_mut(PARAMS_BYTES)) {
            let words: &[u8] = bytemuck::cast_slice(&launch.params);
            params[..words.len()].copy_from_slice(words);
            grids.push(launch.grid);
        }
        gpu.write(&self.params, 0, &params);
        grids
    }

    /// Memory for an id.
    fn memory(&self, gpu: &Gpu) -> wgpu::Buffer {
        let make = || {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("token"),
                size: ID_BYTES,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        lock(&self.spare).pop().unwrap_or_else(make)
    }
}

/// A token that the device will have chosen. Whoever does not want it lets it go.
#[derive(Debug)]
pub struct PendingToken {
    mapped: Mapped,
    memory: wgpu::Buffer,
    gpu: Gpu,
    spare: Spare,
}

impl PendingToken {
    /// Wait for it. Once it was given it is not given again; a wait that is given up can be begun again.
    pub async fn wait(&mut self) -> Result<u32, GpuError> {
        let mapped = (&mut self.mapped).await;
        self.gpu.check()?;
        let lost = |reason: String| self.gpu.failed(GpuError::Lost { reason });
        mapped.map_err(|error| lost(error.to_string()))?;
        let view = self.memory.get_mapped_range(..ID_BYTES);
        let view = view.map_err(|error| lost(error.to_string()))?;
        let mut id = [0; ID_BYTES as usize];
        id.copy_from_slice(&view);
        drop(view);
        self.memory.unmap();
        lock(&self.spare).push(self.memory.clone());
        self.gpu.counters().read(ID_BYTES);
        Ok(u32::from_le_bytes(id))
    }
}

/// Ids and numbers in turns.
fn bias(gpu: &Gpu, settings: &Settings) -> wgpu::Buffer {
    let pairs = settings.logit_bias.iter();
    let words: Vec<u32> = pairs.flat_map(|(id, b)| [*id, b.to_bits()]).collect();
    gpu.filled("logit bias", bytemuck::cast_slice(&words))
}

fn group(
    gpu: &Gpu,
    pipeline: &Pipeline,
    params: &wgpu::Buffer,
    buffers: &[&wgpu::Buffer],
) -> wgpu::BindGroup {
    let params = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
        buffer: params,
        offset: 0,
        size: NonZeroU64::new(PARAMS_BYTES as u64),
    });
    let resources = buffers.iter().map(|buffer| buffer.as_entire_binding());
    let entries: Vec<_> = (0..)
        .zip(std::iter::once(params).chain(resources))
        .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
        .collect();
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("choice"),
        layout: &pipeline.layout,
        entries: &entries,
    })
}
