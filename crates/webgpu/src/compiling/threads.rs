//! All pipelines of a program, compiled on threads of their own.
//!
//! Each thread takes the next shader that is left; dropping lets the threads end with the shaders that they have.

use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use hearth_kernels::gpu::Shader;

use crate::device::{Gpu, lock};
use crate::error::GpuError;
use crate::pipelines::{Pipeline, compile};

/// Pipelines that are being compiled.
pub(crate) struct Compiling {
    queue: Queue,
    threads: Vec<JoinHandle<Vec<(Shader, Answer)>>>,
}

/// Shaders that nobody has taken yet.
#[derive(Clone, Debug)]
struct Queue {
    gpu: Gpu,
    shaders: Arc<Mutex<VecDeque<Shader>>>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Pipeline, GpuError>> + Send>>;

impl Compiling {
    /// Begin to compile shaders, all different.
    pub(crate) fn begin(gpu: &Gpu, shaders: Vec<Shader>) -> Self {
        let threads = thread::available_parallelism().map_or(1, |n| n.get());
        let threads = 0..threads.min(shaders.len());
        let queue = Queue {
            gpu: gpu.clone(),
            shaders: Arc::new(Mutex::new(shaders.into())),
        };
        let start = |_| {
            let queue = queue.clone();
            let thread = thread::Builder::new().name("hearth-pipelines".to_owned());
            // What no thread takes is compiled at the end.
            thread.spawn(move || queue.work()).ok()
        };
        Compiling {
            threads: threads.filter_map(start).collect(),
            queue,
        }
    }

    /// Help, and wait for all of them. Once only.
    pub(crate) async fn finish(&mut self) -> Result<(), GpuError> {
        let mut compiled = self.queue.work();
        for thread in self.threads.drain(..) {
            compiled.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        self.queue.gpu.pipelines.answered(compiled).await
    }
}

impl Queue {
    /// Compile until nothing is left.
    fn work(&self) -> Vec<(Shader, Answer)> {
        let next = || lock(&self.shaders).pop_front();
        std::iter::from_fn(next)
            .map(|shader| {
                let answer: Answer = Box::pin(compile(&self.gpu, &shader));
                (shader, answer)
            })
            .collect()
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        lock(&self.queue.shaders).clear();
        for thread in self.threads.drain(..) {
            // No thread outlives the device's user: drivers do not like a process that ends while they compile. What one
            // panicked of is of no interest any more.
            let _ = thread.join();
        }
    }
}

impl Debug for Compiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = lock(&self.queue.shaders).len();
        f.debug_struct("Compiling").field("left", &left).finish()
    }
}

#[cfg(test)]
mod tests {
    use hearth_kernels::gpu::Binding;

    use super::*;

    fn gpu(test: &str) -> Option<Gpu> {
        let opened = pollster::block_on(Gpu::open());
        let skipped = |error: &GpuError| eprintln!("SKIPPED: {test}: {error}");
        opened.inspect_err(skipped).ok()
    }

    /// Shaders that differ by their names; those of the numbers in `wrong` are none.
    fn shaders(n: usize, wrong: &[usize]) -> Vec<Shader> {
        let right = include_str!("../ceilings/copy.wgsl");
        let shader = |number: usize| Shader {
            name: number.to_string().into(),
            source: if wrong.contains(&number) {
                "fn main(".into()
            } else {
                right.into()
            },
            bindings: vec![Binding::Read, Binding::ReadWrite],
            workgroup_size: [256, 1, 1],
        };
        (0..n).map(shader).collect()
    }

    #[test]
    fn every_shader_is_compiled() {
        let Some(gpu) = gpu("every_shader_is_compiled") else {
            return;
        };
        for n in [0, 1, 2, 17] {
            let all = shaders(n, &[]);
            let mut compiling = Compiling::begin(&gpu, all.clone());
            pollster::block_on(compiling.finish()).expect("all are right");
            let is_made = |shader| gpu.pipelines.made(shader).is_some();
            assert!(all.iter().all(is_made), "{n}");
        }
        assert_eq!(gpu.check(), Ok(()));
    }

    #[test]
    fn a_shader_that_is_refused_is_named() {
        let Some(gpu) = gpu("a_shader_that_is_refused_is_named") else {
            return;
        };
        let mut compiling = Compiling::begin(&gpu, shaders(9, &[5]));
        let error = pollster::block_on(compiling.finish()).expect_err("one is wrong");
        assert!(
            matches!(&error, GpuError::Refused { what, .. } if what == "the kernel 5"),
            "{error}"
        );
        assert_eq!(gpu.check(), Ok(()), "nobody else hears of it");
    }

    #[test]
    fn what_is_given_up_is_not_compiled() {
        let Some(gpu) = gpu("what_is_given_up_is_not_compiled") else {
            return;
        };
        let compiling = Compiling::begin(&gpu, shaders(5000, &[]));
        let left = compiling.queue.shaders.clone();
        drop(compiling);
        assert_eq!(Arc::strong_count(&left), 1, "no thread is left");
    }
}
