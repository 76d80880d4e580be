//! What each dispatch binds, made once.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::ops::Range;

use hearth_kernels::gpu::Bind;

use crate::device::Gpu;
use crate::dispatch::PARAMS_BYTES;
use crate::memory::Buffers;
use crate::pipelines::Pipeline;
use crate::program::{GpuProgram, Site};

/// A dispatch with its pipeline and buffers.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) node: usize,
    pub(crate) stage: usize,
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) group: wgpu::BindGroup,
    /// The rows of a weight that may lie in several buffers.
    pub(crate) rows: Option<Range<usize>>,
}

/// What dispatches bind beside the buffers of values.
pub(crate) struct Binder<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) program: &'a GpuProgram,
    pub(crate) buffers: &'a Buffers,
    /// Uniform parameters of every dispatch.
    pub(crate) params: &'a wgpu::Buffer,
    /// Those of all shaders.
    /// Numbers that never change, by their address.
    pub(crate) tables: HashMap<*const u8, wgpu::Buffer>,
    /// Memory of the calls, which one after the other use.
    pub(crate) scratch: &'a [wgpu::Buffer],
}

impl Binder<'_> {
    /// Make the bind group of every dispatch. Panics where a shader was not compiled.
    pub(crate) fn bind(mut self) -> Vec<Bound> {
        let program = self.program;
        let mut bound = Vec::new();
        for site in program.sites() {
            let stage = &program.kernels[site.node].stages()[site.stage];
            let made = self.gpu.pipelines.made(&stage.shader);
            let pipeline = made.expect("every shader was compiled");
            let group = self.group(&site, &stage.binds, &pipeline);
            bound.push(Bound {
                node: site.node,
                stage: site.stage,
                pipeline: pipeline.pipeline,
                group,
                rows: program.rows(&site),
            });
        }
        bound
    }

    fn group(&mut self, site: &Site, binds: &[Bind], pipeline: &Pipeline) -> wgpu::BindGroup {
        let buffers: Vec<wgpu::Buffer> = binds
            .iter()
            .map(|&bind| self.buffer(site, bind).clone())
            .collect();
        let params = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.params,
            offset: 0,
            size: NonZeroU64::new(PARAMS_BYTES as u64),
        });
        let resources = buffers.iter().map(wgpu::Buffer::as_entire_binding);
        let entries: Vec<_> = (0..)
            .zip(std::iter::once(params).chain(resources))
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        let device = &self.gpu.device;
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        })
    }

    fn buffer(&mut self, site: &Site, bind: Bind) -> &wgpu::Buffer {
        let node = &self.program.graph().nodes()[site.node];
        match bind {
            Bind::Input(input) => {
                let all = self.buffers.all(node.inputs[input]);
                let split = self.program.kernels[site.node].split_input();
                let part = if split == Some(input) { site.part } else { 0 };
                &all[part]
            }
            Bind::Output(output) => self.buffers.one(node.outputs[output]),
            Bind::Scratch(number) => &self.scratch[number],
            Bind::Table(bytes) => {
                let make = || self.gpu.filled("table", bytes);
                self.tables.entry(bytes.as_ptr()).or_insert_with(make)
            }
        }
    }
}
