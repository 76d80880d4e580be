//! A pipeline for each shader, made once.

use std::collections::HashMap;

use hearth_kernels::gpu::{Binding, Shader};

use crate::device::Gpu;
use crate::error::GpuError;

/// A shader made ready, and the layout of what it binds.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// All pipelines of a program.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    made: HashMap<Shader, Pipeline>,
}

impl Pipelines {
    /// The pipeline of a shader.
    pub(crate) async fn get(&mut self, gpu: &Gpu, shader: &Shader) -> Result<Pipeline, GpuError> {
        if let Some(made) = self.made.get(shader) {
            return Ok(made.clone());
        }
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipeline = make(gpu, shader);
        if let Some(error) = scope.pop().await {
            return Err(GpuError::refused(
                &format!("the kernel {}", shader.name),
                error,
            ));
        }
        self.made.insert(shader.clone(), pipeline.clone());
        Ok(pipeline)
    }
}

fn make(gpu: &Gpu, shader: &Shader) -> Pipeline {
    let device = &gpu.device;
    let label = Some(&*shader.name);
    let source = gpu.features().header() + &shader.source;
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label,
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let uniform = wgpu::BufferBindingType::Uniform;
    let storages = shader
        .bindings
        .iter()
        .map(|binding| wgpu::BufferBindingType::Storage {
            read_only: *binding == Binding::Read,
        });
    let entries: Vec<_> = (0..)
        .zip(std::iter::once(uniform).chain(storages))
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: binding == 0,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label,
        entries: &entries,
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            // Workgroup memory is written before it is read.
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    Pipeline { pipeline, layout }
}
