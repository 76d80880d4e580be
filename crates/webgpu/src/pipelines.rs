//! Pipelines of shaders, each made once.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use hearth_kernels::gpu::{Binding, Shader};

use crate::device::{Gpu, lock};
use crate::error::GpuError;

/// A shader made ready, and the layout of what it binds.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// The pipelines that were made on a device, for all that compute on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipelines {
    made: Arc<Mutex<HashMap<Shader, Pipeline>>>,
}

impl Pipelines {
    /// The pipeline of a shader, made now if it was not.
    pub(crate) async fn get(&self, gpu: &Gpu, shader: &Shader) -> Result<Pipeline, GpuError> {
        if let Some(made) = self.made(shader) {
            return Ok(made);
        }
        let pipeline = compile(gpu, shader).await?;
        lock(&self.made).insert(shader.clone(), pipeline.clone());
        Ok(pipeline)
    }

    /// Take up those of these shaders, once the device has answered for each.
    pub(crate) async fn answered<F>(&self, begun: Vec<(Shader, F)>) -> Result<(), GpuError>
    where
        F: Future<Output = Result<Pipeline, GpuError>>,
    {
        for (shader, answer) in begun {
            let pipeline = answer.await?;
            lock(&self.made).insert(shader, pipeline);
        }
        Ok(())
    }

    /// The pipeline of a shader, if it was made.
    pub(crate) fn made(&self, shader: &Shader) -> Option<Pipeline> {
        lock(&self.made).get(shader).cloned()
    }
}

/// Make a pipeline at once: a browser only begins to. The answer tells whether the device takes it.
pub(crate) fn compile(
    gpu: &Gpu,
    shader: &Shader,
) -> impl Future<Output = Result<Pipeline, GpuError>> + use<> {
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let pipeline = make(gpu, shader);
    let answer = scope.pop();
    let kernel = format!("the kernel {}", shader.name);
    async move {
        match answer.await {
            None => Ok(pipeline),
            Some(error) => Err(GpuError::refused(&kernel, error)),
        }
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
