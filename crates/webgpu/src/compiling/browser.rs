//! All pipelines of a program, which the browser compiles in its own process: creation returns at once. WASI has no device.

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;

use hearth_kernels::gpu::Shader;

use crate::device::Gpu;
use crate::error::GpuError;
use crate::pipelines::{Pipeline, compile};

/// Pipelines that are being compiled.
pub(crate) struct Compiling {
    gpu: Gpu,
    begun: Vec<(Shader, Answer)>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Pipeline, GpuError>>>>;

impl Compiling {
    /// Begin to compile shaders, all different.
    pub(crate) fn begin(gpu: &Gpu, shaders: Vec<Shader>) -> Self {
        let begun = shaders.into_iter().map(|shader| {
            let answer: Answer = Box::pin(compile(gpu, &shader));
            (shader, answer)
        });
        Compiling {
            gpu: gpu.clone(),
            begun: begun.collect(),
        }
    }

    /// Wait for all of them. Once only.
    pub(crate) async fn finish(&mut self) -> Result<(), GpuError> {
        self.gpu
            .pipelines
            .answered(std::mem::take(&mut self.begun))
            .await
    }
}

impl Debug for Compiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shaders = self.begun.iter().map(|(shader, _)| &shader.name);
        f.debug_list().entries(shaders).finish()
    }
}
