//! A program for the hardware, before anything large is allocated, and then with memory.

use hearth_cpu::{CpuExecutor, Pool, Program};
use hearth_gguf::{Gguf, ReadAt};
use hearth_graph::passes::Activations;
use hearth_graph::{Bindings, Graph, OUTPUTS, TOKENS};
use hearth_kernels::CpuConfig;
use hearth_kernels::gpu::{Arithmetic, GpuConfig};
use hearth_simd::Isa;
use hearth_webgpu::{Gpu, GpuExecutor, GpuProgram};

use super::LoadOptions;
use super::reading::{self, PIECE_BYTES, Reading};
use super::tensor::Wanted;
use super::upload::Upload;
use crate::device::{Device, Hardware};
use crate::error::RuntimeError;
use crate::memory::MemoryEstimate;

/// A program, and what runs it.
pub(super) enum Plan {
    Cpu(Box<Program>, Pool),
    Gpu(Box<GpuProgram>, Gpu),
}

/// Executors whose weights are being read.
pub(super) enum Filling {
    Cpu(Box<CpuExecutor>, Reading),
    Gpu(Box<GpuExecutor>, Upload),
}

/// What a piece brought.
pub(super) struct Piece {
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// If it is a tensor's first: bytes of the weight in the file, and some of them by which models are told apart.
    pub(super) first: Option<(u64, Vec<u8>)>,
}

impl Plan {
    /// Choose kernels and plan memory for steps of at most `bounds`.
    pub(super) fn new(
        graph: Graph,
        bounds: Bindings,
        hardware: Hardware,
        isa: Isa,
    ) -> Result<Self, RuntimeError> {
        Ok(match hardware {
            Hardware::Cpu(pool) => {
                let program = Program::new(graph, bounds, CpuConfig { isa })?;
                Plan::Cpu(Box::new(program), pool)
            }
            Hardware::Gpu(gpu) => {
                let limit = gpu.max_binding_bytes();
                let program = GpuProgram::new(graph, bounds, &GpuConfig::LEAST, limit)?;
                Plan::Gpu(Box::new(program), gpu)
            }
            Hardware::GpuOrCpu(..) => unreachable!("a plan is for one of them"),
        })
    }

    /// The CPU that it was for.
    pub(super) fn into_pool(self) -> Option<Pool> {
        match self {
            Plan::Cpu(_, pool) => Some(pool),
            Plan::Gpu(..) => None,
        }
    }

    /// What it will need, but for the text side.
    pub(super) fn estimate(&self) -> MemoryEstimate {
        let [weights, state, working] = match self {
            Plan::Cpu(program, pool) => [
                program.weight_bytes(),
                program.state_bytes(),
                program.working_bytes(pool.threads()) + reading::buffer_bytes(pool),
            ],
            Plan::Gpu(program, _) => [
                program.weight_bytes(),
                program.state_bytes(),
                program.working_bytes() + PIECE_BYTES,
            ],
        };
        MemoryEstimate {
            weights_bytes: weights as u64,
            state_bytes: state as u64,
            working_bytes: working as u64,
        }
    }

    /// Bytes of the file that its weights are made of.
    pub(super) fn file_bytes(&self, gguf: &Gguf) -> u64 {
        let bytes = |wanted: Wanted<'_>| wanted.file_bytes(gguf);
        match self {
            Plan::Cpu(program, _) => program.weights().iter().map(|w| bytes(w.into())).sum(),
            Plan::Gpu(program, _) => {
                let plans = program.weights().iter();
                let tensors = plans.flat_map(|plan| {
                    let wanted = |tensor| Wanted::of(tensor, plan);
                    plan.tensors.iter().map(wanted)
                });
                tensors.map(bytes).sum()
            }
        }
    }

    /// Threads of the CPU that compute.
    pub(super) fn threads(&self) -> usize {
        match self {
            Plan::Cpu(_, pool) => pool.threads(),
            Plan::Gpu(..) => 0,
        }
    }

    /// The GPU's name.
    pub(super) fn gpu(&self) -> Option<&str> {
        match self {
            Plan::Cpu(..) => None,
            Plan::Gpu(_, gpu) => Some(gpu.name()),
        }
    }

    /// Dispatches of a decoded token on a GPU.
    pub(super) fn gpu_dispatches(&self) -> Option<usize> {
        let one = Bindings::default().with(TOKENS, 1).with(OUTPUTS, 1);
        match self {
            Plan::Cpu(..) => None,
            Plan::Gpu(program, _) => Some(program.dispatches_of(&one)),
        }
    }

    /// Whether the memory that it takes is this process's.
    pub(super) fn is_in_own_memory(&self) -> bool {
        matches!(self, Plan::Cpu(..))
    }

    /// Take the memory; of a GPU that is new, try out before what it can do.
    pub(super) async fn allocate(self, options: &LoadOptions) -> Result<Filling, RuntimeError> {
        Ok(match self {
            Plan::Cpu(program, pool) => {
                let executor = CpuExecutor::new(*program, pool);
                Filling::Cpu(Box::new(executor), Reading::default())
            }
            Plan::Gpu(program, gpu) => {
                let arithmetics: &[Arithmetic] = match options.activations {
                    Activations::F32 => &[],
                    Activations::Auto => &[Arithmetic::F16, Arithmetic::PackedDot],
                };
                let (weights, caches) = (program.matrix_dtypes(), program.cache_dtypes());
                let config = gpu.try_out(&weights, &caches, arithmetics).await?;
                let program = program.with_config(&config)?;
                let executor = GpuExecutor::new(gpu, program).await?;
                Filling::Gpu(Box::new(executor), Upload::default())
            }
        })
    }
}

impl Filling {
    /// Read the next piece; `None` where all weights are read.
    pub(super) fn next_piece(
        &mut self,
        parts: &[Box<dyn ReadAt>],
        gguf: &Gguf,
    ) -> Result<Option<Piece>, RuntimeError> {
        match self {
            Filling::Cpu(executor, reading) => {
                let plans = executor.program().weights();
                let Some(plan) = plans.get(reading.index()).cloned() else {
                    return Ok(None);
                };
                let done = reading.read_piece(parts, gguf, &plan, executor.pool_mut())?;
                if let Some(weight) = done.finished {
                    executor.set_weight(reading.index(), weight)?;
                    reading.next();
                }
                Ok(Some(Piece::new(
                    done.bytes,
                    done.sample,
                    (&plan).into(),
                    gguf,
                )))
            }
            Filling::Gpu(executor, upload) => {
                let plans = executor.program().weights();
                let Some(plan) = plans.get(upload.index()).cloned() else {
                    return Ok(None);
                };
                upload.next_piece(parts, gguf, &plan, executor).map(Some)
            }
        }
    }

    /// Wait for what is prepared beside the weights, once all of them are read.
    pub(super) async fn ready(&mut self) -> Result<(), RuntimeError> {
        match self {
            Filling::Cpu(..) => Ok(()),
            Filling::Gpu(executor, _) => Ok(executor.ready().await?),
        }
    }

    /// The device, once it is ready, and how many of its threads compute a token.
    pub(super) fn finish(self, options: &LoadOptions) -> Result<(Device, usize), RuntimeError> {
        Ok(match self {
            Filling::Cpu(mut executor, _) => {
                if options.tune_threads {
                    executor.tune_threads()?;
                }
                let threads = executor.small_step_threads();
                (Device::Cpu(executor), threads)
            }
            Filling::Gpu(executor, _) => (Device::Gpu(executor), 0),
        })
    }
}

impl Piece {
    fn new(bytes: u64, sample: Option<Vec<u8>>, wanted: Wanted<'_>, gguf: &Gguf) -> Self {
        let first = sample.map(|sample| (wanted.file_bytes(gguf), sample));
        Piece { bytes, first }
    }
}
