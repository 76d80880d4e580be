//! Pipelines of shaders, each made once.

use std::collections::HashMap;
use std::future::Future;

use hearth_kernels::gpu::{Binding, Shader};

use crate::device::Gpu;
use crate::error::GpuError;

/// A shader made ready, and the layout of what it binds.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// The pipelines that were made.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    made: HashMap<Shader, Pipeline>,
}

impl Pipelines {
    /// The pipeline of a shader, made now if it was not.
    pub(crate) async fn get(&mut self, gpu: &Gpu, shader: &Shader) -> Result<Pipeline, GpuError> {
        if let Some(made) = self.made.get(shader) {
            return Ok(made.clone());
        }
        let pipeline = compile(gpu, shader).await?;
        self.made.insert(shader.clone(), pipeline.clone());
        Ok(pipeline)
    }

    /// Those of these shaders, once the device has answered for each.
    pub(crate) async fn answered<F>(begun: Vec<(Shader, F)>) -> Result<Self, GpuError>
    where
        F: Future<Output = Result<Pipeline, GpuError>>,
    {
        let mut made = HashMap::with_capacity(begun.len());
        for (shader, answer) in begun {
            made.insert(shader, answer.await?);
        }
        Ok(Pipelines { made })
    }

    /// The pipeline of a shader that was compiled. Panics where it was not.
    pub(crate) fn compiled(&self, shader: &Shader) -> &Pipeline {
        self.made.get(shader).expect("every shader was compiled")
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
