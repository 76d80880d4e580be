//! The loader: a state machine that reads a model piece by piece, so that a page can show progress and stop it.
//!
//! [`Loader::open`] reads the header only and plans; nothing large is allocated before the first [`Loader::step`].
//! Each step reads a few megabytes of one tensor and lays them out for the kernels, so no tensor is in memory twice.

use hearth_cpu::{CpuExecutor, Pool, Program, WeightPlan};
use hearth_gguf::{Gguf, ReadAt, TensorInfo};
use hearth_graph::passes::{Activations, optimize};
use hearth_graph::{Bindings, OUTPUTS, TOKENS};
use hearth_kernels::weight::WeightBuilder;
use hearth_kernels::{CpuConfig, dequantize};
use hearth_models::{BuildOptions, Description, Hyperparameters, ModelError};
use hearth_simd::Isa;
use hearth_tensor::DType;
use web_time::Instant;

use crate::device::Device;
use crate::engine::{Engine, ModelInfo};
use crate::error::RuntimeError;
use crate::memory::{MemoryEstimate, available_bytes};
use crate::vocabulary::Vocabulary;

/// Bytes of a tensor that one step reads, about. In a tab each piece passes through several processes' buffers.
const PIECE_BYTES: usize = if cfg!(target_family = "wasm") {
    1 << 20
} else {
    4 << 20
};

/// Context that is allocated where nobody asks for another, unless the model was trained for less.
pub const DEFAULT_CONTEXT: usize = 4096;

/// A KV cache that takes no more than this as F32 is F32.
const F32_CACHE_MAX_BYTES: usize = 128 << 20;

/// What is chosen when a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Tokens of context; `None` takes the model's own, up to [`DEFAULT_CONTEXT`].
    pub context: Option<usize>,
    /// Exact or fast arithmetic.
    pub activations: Activations,
    /// Element type of the KV cache; `None` takes F32 with exact arithmetic and for small caches, F16 otherwise.
    pub cache_dtype: Option<DType>,
    /// Conversations whose cache is kept side by side.
    pub sequences: usize,
    /// Tokens of a prompt that one step computes. Stopping takes effect between steps.
    pub chunk: usize,
    /// Rows of logits that one step may ask for.
    pub max_outputs: usize,
    /// Instruction set; `None` takes the fastest that this machine has.
    pub isa: Option<Isa>,
    /// Bytes that the model may take; `None` asks the system.
    pub memory_limit_bytes: Option<u64>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            context: None,
            activations: Activations::Auto,
            cache_dtype: None,
            sequences: 1,
            chunk: 128,
            max_outputs: 1,
            isa: None,
            memory_limit_bytes: None,
        }
    }
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes of tensors laid out.
    pub done_bytes: u64,
    /// Bytes of all tensors.
    pub total_bytes: u64,
}

/// A model being loaded.
pub struct Loader {
    parts: Vec<Box<dyn ReadAt>>,
    gguf: Gguf,
    vocabulary: Result<Vocabulary, RuntimeError>,
    options: LoadOptions,
    info: ModelInfo,
    estimate: MemoryEstimate,
    progress: LoadProgress,
    started: Instant,
    stage: Stage,
}

enum Stage {
    /// `None` only while the executor is being made.
    Planned(Option<(Box<Program>, Pool)>),
    Reading(Box<CpuExecutor>, Reading),
}

/// The tensor being read.
struct Reading {
    /// Position in the program's weights.
    index: usize,
    current: Option<(WeightBuilder, usize)>,
    piece: Vec<u8>,
}

impl Loader {
    /// Read the header of a model, given as the parts of a split file or as one, and plan.
    pub fn open(
        parts: Vec<Box<dyn ReadAt>>,
        options: LoadOptions,
        pool: Pool,
    ) -> Result<Self, RuntimeError> {
        let started = Instant::now();
        let gguf = parse(&parts)?;
        let description = Description::read(&gguf)?;
        let n_ctx = context(&options, description.hp.n_ctx_train)?;
        let n_sequences = options.sequences.max(1);
        let build = BuildOptions {
            n_ctx,
            n_sequences,
            cache_dtype: options.cache_dtype.unwrap_or_else(|| {
                default_cache_dtype(options.activations, &description.hp, n_ctx * n_sequences)
            }),
        };
        let mut model = description.build(&gguf, build, &|info| read_small(&parts, info))?;
        optimize(&mut model.graph, options.activations);
        let chunk = options.chunk.clamp(1, n_ctx);
        let bounds = Bindings::default()
            .with(TOKENS, chunk)
            .with(OUTPUTS, options.max_outputs.clamp(1, chunk));
        let isa = options.isa.unwrap_or(Isa::available()[0]);
        let program = Program::new(model.graph, bounds, CpuConfig { isa })?;

        let vocabulary = Vocabulary::read(&gguf);
        let estimate = estimate(&program, &pool, &gguf);
        let total_bytes = program
            .weights()
            .iter()
            .filter_map(|w| gguf.tensor(&w.name))
            .map(|t| t.bytes)
            .sum();
        Ok(Loader {
            info: ModelInfo::new(
                &gguf,
                &model.hp,
                model.n_vocab,
                n_ctx,
                build,
                isa,
                pool.threads(),
                estimate,
            ),
            stage: Stage::Planned(Some((Box::new(program), pool))),
            progress: LoadProgress {
                done_bytes: 0,
                total_bytes,
            },
            vocabulary,
            estimate,
            options: LoadOptions { chunk, ..options },
            started,
            parts,
            gguf,
        })
    }

    /// What the model is and how it will run.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// What it will need.
    pub fn estimate(&self) -> MemoryEstimate {
        self.estimate
    }

    /// How far it has come.
    pub fn progress(&self) -> LoadProgress {
        self.progress
    }

    /// Read the next piece. Gives true while there is more to do.
    pub fn step(&mut self) -> Result<bool, RuntimeError> {
        if let Stage::Planned(..) = self.stage {
            self.check_memory()?;
            self.allocate();
            return Ok(true);
        }
        let Stage::Reading(executor, reading) = &mut self.stage else {
            return Ok(false);
        };
        let Some(plan) = executor.program().weights().get(reading.index).cloned() else {
            return Ok(false);
        };
        let info = self
            .gguf
            .tensor(&plan.name)
            .ok_or_else(|| ModelError::MissingTensor {
                name: plan.name.to_string(),
            })?;
        let done = reading.read_piece(&self.parts, &plan, info)?;
        self.progress.done_bytes += done.bytes;
        if let Some(builder) = done.finished {
            let weight_error = |source| RuntimeError::Weight {
                tensor: plan.name.to_string(),
                source,
            };
            executor.set_weight(reading.index, builder.finish().map_err(weight_error)?)?;
            reading.index += 1;
        }
        Ok(true)
    }

    /// Read all that is left and give the engine.
    pub fn finish(mut self) -> Result<Engine, RuntimeError> {
        while self.step()? {}
        let Stage::Reading(executor, _) = self.stage else {
            unreachable!("step leaves nothing but a read model")
        };
        let load_seconds = self.started.elapsed().as_secs_f64();
        Ok(Engine::new(
            Device::Cpu(executor),
            self.vocabulary,
            self.info,
            self.options,
            load_seconds,
        ))
    }

    fn check_memory(&self) -> Result<(), RuntimeError> {
        let needed = self.estimate.total_bytes();
        match self.options.memory_limit_bytes.or_else(available_bytes) {
            Some(available) if needed > available => {
                Err(RuntimeError::NotEnoughMemory { needed, available })
            }
            _ => Ok(()),
        }
    }

    fn allocate(&mut self) {
        if let Stage::Planned(planned) = &mut self.stage
            && let Some((program, pool)) = planned.take()
        {
            let empty = Reading {
                index: 0,
                current: None,
                piece: Vec::new(),
            };
            self.stage = Stage::Reading(Box::new(CpuExecutor::new(*program, pool)), empty);
        }
    }
}

/// What one piece brought.
struct Piece {
    bytes: u64,
    finished: Option<WeightBuilder>,
}

impl Reading {
    fn read_piece(
        &mut self,
        parts: &[Box<dyn ReadAt>],
        plan: &WeightPlan,
        info: &TensorInfo,
    ) -> Result<Piece, RuntimeError> {
        let (mut builder, row) = self
            .current
            .take()
            .unwrap_or_else(|| (WeightBuilder::new(plan.spec), 0));
        let rows = plan.spec.rows;
        let row_bytes = (info.bytes as usize) / rows.max(1);
        let unit = builder.row_granularity();
        let rows_now = (PIECE_BYTES / row_bytes.max(1) / unit * unit)
            .max(unit)
            .min(rows - row);
        self.piece.resize(rows_now * row_bytes, 0);
        let offset = info.offset + (row * row_bytes) as u64;
        parts[info.file_index]
            .read_exact_at(offset, &mut self.piece)
            .map_err(|source| RuntimeError::Read {
                tensor: info.name.clone(),
                source,
            })?;
        let raw = if info.dtype == plan.spec.dtype {
            &self.piece[..]
        } else {
            let elems = rows_now * plan.spec.cols;
            let mut floats = vec![0.0f32; elems];
            dequantize::dequantize_row_into(info.dtype, &self.piece, &mut floats)
                .map_err(|_| unsupported(info))?;
            &floats
                .iter()
                .flat_map(|f| f.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        builder
            .push_rows(raw)
            .map_err(|source| RuntimeError::Weight {
                tensor: info.name.clone(),
                source,
            })?;
        let bytes = self.piece.len() as u64;
        if row + rows_now == rows {
            return Ok(Piece {
                bytes,
                finished: Some(builder),
            });
        }
        self.current = Some((builder, row + rows_now));
        Ok(Piece {
            bytes,
            finished: None,
        })
    }
}

/// The header of a model file, given as the parts of a split file or as one.
pub fn parse(parts: &[Box<dyn ReadAt>]) -> Result<Gguf, RuntimeError> {
    let sources: Vec<&dyn ReadAt> = parts.iter().map(|p| &**p).collect();
    Ok(match sources[..] {
        [source] => Gguf::parse(source)?,
        _ => Gguf::parse_split(&sources)?,
    })
}

fn read_small(parts: &[Box<dyn ReadAt>], info: &TensorInfo) -> Result<Vec<f32>, ModelError> {
    let mut bytes = vec![0; info.bytes as usize];
    let mut floats = vec![0.0; info.shape.elems().unwrap_or(0)];
    let unreadable = |_| ModelError::UnreadableTensor {
        name: info.name.clone(),
        offset: info.offset,
    };
    parts[info.file_index]
        .read_exact_at(info.offset, &mut bytes)
        .map_err(unreadable)?;
    dequantize::dequantize_row_into(info.dtype, &bytes, &mut floats)
        .map_err(|_| unsupported(info))?;
    Ok(floats)
}

fn unsupported(info: &TensorInfo) -> ModelError {
    ModelError::UnsupportedTensorType {
        name: info.name.clone(),
        dtype: info.dtype,
        offset: info.offset,
    }
}

/// F32 where it is exact arithmetic that is asked for, or where it costs little; F16 otherwise.
fn default_cache_dtype(activations: Activations, hp: &Hyperparameters, cells: usize) -> DType {
    let cell_bytes = 4 * 2 * hp.n_layers * hp.n_kv_heads * hp.head_dim;
    let small = cells.saturating_mul(cell_bytes) <= F32_CACHE_MAX_BYTES;
    if activations == Activations::F32 || small {
        DType::F32
    } else {
        DType::F16
    }
}

fn context(options: &LoadOptions, trained: usize) -> Result<usize, RuntimeError> {
    /// Positions are exact in f32 and i32 far beyond this.
    const MAX: usize = 1 << 22;
    let asked = options.context.unwrap_or(trained.min(DEFAULT_CONTEXT));
    if (1..=MAX).contains(&asked) {
        Ok(asked)
    } else {
        Err(RuntimeError::BadContext { asked, max: MAX })
    }
}

fn estimate(program: &Program, pool: &Pool, gguf: &Gguf) -> MemoryEstimate {
    // A token's text lies in the parsed file, in the tokenizer's table, and in its indices.
    const BYTES_PER_TOKEN: u64 = 200;
    let vocabulary = gguf
        .metadata()
        .get_strings("tokenizer.ggml.tokens")
        .map_or(0, |t| t.len() as u64);
    MemoryEstimate {
        weights_bytes: program.weight_bytes() as u64,
        state_bytes: program.state_bytes() as u64,
        working_bytes: (program.working_bytes(pool.threads()) + PIECE_BYTES) as u64
            + vocabulary * BYTES_PER_TOKEN,
    }
}
