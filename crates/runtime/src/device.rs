//! The executors behind one asynchronous interface; nothing above blocks on a device.

use hearth_cpu::{CpuExecutor, Pool, StepInputs};
use hearth_graph::Bindings;
use hearth_graph::profile::Profile;
use hearth_webgpu::{Gpu, GpuError, GpuExecutor, Outcome};

use crate::error::RuntimeError;
use crate::note::Note;
use crate::sequence_state;

/// What a model is loaded for.
#[derive(Debug)]
pub enum Hardware {
    /// The CPU, with these threads.
    Cpu(Pool),
    /// A GPU.
    Gpu(Gpu),
    /// A GPU, or the CPU where there is none, or where it cannot compute the model: then a note says so.
    GpuOrCpu(Result<Gpu, GpuError>, Pool),
}

impl Hardware {
    /// The fastest GPU, or the CPU where there is none. One that is a processor in disguise does not count.
    pub async fn gpu_or_cpu(pool: Pool) -> Self {
        let opened = Gpu::open().await;
        let gpu = opened.and_then(|gpu| {
            if gpu.is_software() {
                let adapter = gpu.name().to_owned();
                return Err(GpuError::Software { adapter });
            }
            Ok(gpu)
        });
        Hardware::GpuOrCpu(gpu, pool)
    }

    /// Let a GPU take up what [`crate::Engine::gpu_record`] gave, here, at another time.
    pub fn remember(&self, record: &str) {
        if let Hardware::Gpu(gpu) | Hardware::GpuOrCpu(Ok(gpu), _) = self {
            gpu.remember(record);
        }
    }
}

impl From<Pool> for Hardware {
    fn from(pool: Pool) -> Self {
        Hardware::Cpu(pool)
    }
}

impl From<Gpu> for Hardware {
    fn from(gpu: Gpu) -> Self {
        Hardware::Gpu(gpu)
    }
}

/// Where a model runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Device {
    /// The CPU: SIMD kernels on a thread pool.
    Cpu(Box<CpuExecutor>),
    /// A GPU: WGSL kernels through WebGPU.
    Gpu(Box<GpuExecutor>),
}

impl Device {
    /// Run one step.
    pub async fn run(
        &mut self,
        inputs: &StepInputs<'_>,
        bindings: &Bindings,
    ) -> Result<(), RuntimeError> {
        match self {
            Device::Cpu(cpu) => cpu.run(inputs, bindings)?,
            Device::Gpu(gpu) => gpu.run(inputs, bindings)?,
        }
        Ok(())
    }

    /// A result of the last step, whose dimensions `bindings` were, row-major.
    pub async fn output(
        &mut self,
        name: &str,
        bindings: &Bindings,
    ) -> Result<&[f32], RuntimeError> {
        match self {
            Device::Cpu(cpu) => Ok(cpu.output(name)),
            Device::Gpu(gpu) => Ok(gpu.output(name, bindings).await?),
        }
    }

    /// Copy what every state holds of the first `len` tokens of a sequence; with `recurrent_only`, of those states
    /// alone that cannot be shortened.
    pub async fn save(
        &mut self,
        sequence: usize,
        len: usize,
        recurrent_only: bool,
    ) -> Result<Vec<u8>, RuntimeError> {
        match self {
            Device::Cpu(cpu) => Ok(sequence_state::save(cpu, sequence, len, recurrent_only)),
            Device::Gpu(gpu) => {
                let ranges: Vec<_> =
                    sequence_state::gpu_ranges(gpu, sequence, len, recurrent_only).collect();
                Ok(gpu.read_states(&ranges).await?)
            }
        }
    }

    /// Bytes that [`Device::save`] gives.
    pub fn saved_bytes(&mut self, len: usize) -> usize {
        match self {
            Device::Cpu(cpu) => {
                sequence_state::saved_bytes(cpu.states_mut().map(|state| state.ty), len)
            }
            Device::Gpu(gpu) => sequence_state::saved_bytes(gpu.states().map(|(_, ty)| ty), len),
        }
    }

    /// Put back what [`Device::save`] gave for as many tokens. Panics if the bytes are not as many: check before.
    pub fn restore(&mut self, sequence: usize, len: usize, recurrent_only: bool, bytes: &[u8]) {
        match self {
            Device::Cpu(cpu) => {
                sequence_state::restore(cpu, sequence, len, recurrent_only, bytes);
            }
            Device::Gpu(gpu) => {
                let ranges: Vec<_> =
                    sequence_state::gpu_ranges(gpu, sequence, len, recurrent_only).collect();
                let mut left = bytes;
                for (id, range) in ranges {
                    let (now, rest) = left.split_at(range.len());
                    gpu.write_state(id, range.start, now);
                    left = rest;
                }
                assert!(left.is_empty(), "just what was saved is restored");
            }
        }
    }

    /// Start or stop counting what steps cost.
    pub fn set_profiling(&mut self, on: bool) {
        match self {
            Device::Cpu(cpu) => cpu.set_profiling(on),
            Device::Gpu(gpu) => gpu.set_profiling(on),
        }
    }

    /// What was counted since counting started.
    pub async fn profile(&mut self) -> Result<Option<Profile>, RuntimeError> {
        match self {
            Device::Cpu(cpu) => Ok(cpu.profile().cloned()),
            Device::Gpu(gpu) => Ok(gpu.profile().await?),
        }
    }

    /// What a GPU was found to get wrong, so that it computes otherwise.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let Device::Gpu(gpu) = self else {
            return Vec::new();
        };
        let trials = gpu.gpu().trials_of(gpu.program()).into_iter();
        let notes = trials.filter_map(|trial| match trial.outcome {
            Outcome::Wrong { reason } => Some(Note::LeftOut {
                kernel: trial.kernel,
                variant: trial.variant,
                reason,
            }),
            Outcome::Right { .. } => None,
        });
        notes.collect()
    }

    /// Whether it is a GPU that is gone.
    pub fn is_lost(&self) -> bool {
        match self {
            Device::Cpu(_) => false,
            Device::Gpu(gpu) => gpu.gpu().is_lost(),
        }
    }

    /// The CPU executor, if that is where the model runs.
    pub fn as_cpu_mut(&mut self) -> Option<&mut CpuExecutor> {
        match self {
            Device::Cpu(cpu) => Some(cpu),
            Device::Gpu(_) => None,
        }
    }
}
