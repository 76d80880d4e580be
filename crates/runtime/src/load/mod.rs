//! The loader: a state machine that reads a model piece by piece, so that a page can show progress and stop it.
//!
//! [`Loader::open`] reads the header only and plans; nothing large is allocated before the first [`Loader::step`].
//! Each step reads some megabytes of one tensor and lays them out for the kernels, so no tensor is in memory twice.

mod reading;

use hearth_cpu::{CpuExecutor, Pool, Program};
use hearth_gguf::{Gguf, ReadAt};
use hearth_graph::passes::{Activations, optimize};
use hearth_graph::{Bindings, Graph, OUTPUTS, TOKENS};
use hearth_kernels::CpuConfig;
use hearth_kernels::state::StateLayout;
use hearth_models::{BuildOptions, Description, Hyperparameters, Model, Pooling};
use hearth_simd::Isa;
use hearth_tensor::DType;
use web_time::Instant;

use crate::device::Device;
use crate::engine::{Engine, Loaded, ModelInfo};
use crate::error::RuntimeError;
use crate::fingerprint::Fingerprint;
use crate::memory::{MemoryEstimate, available_bytes};
use crate::speculation::MAX_DRAFT;
use crate::vocabulary::Vocabulary;
use reading::{Reading, file_bytes, read_small};

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
    /// Element type of the KV cache: F32, F16, or Q8_0 where heads are multiples of 32. `None` takes F32 with exact
    /// arithmetic and for small caches, F16 otherwise.
    pub cache_dtype: Option<DType>,
    /// Conversations whose cache is kept side by side.
    pub sequences: usize,
    /// Tokens of a prompt that one step computes. Stopping takes effect between steps.
    pub chunk: usize,
    /// Rows of logits that one step may ask for. A generation that guesses tokens ahead needs one for each and one more.
    pub max_outputs: usize,
    /// Instruction set; `None` takes the fastest that this machine has.
    pub isa: Option<Isa>,
    /// Bytes that the model may take; `None` asks the system.
    pub memory_limit_bytes: Option<u64>,
    /// Try at the end of loading how many of the pool's threads compute a token fastest, and take as many; otherwise take
    /// all.
    pub tune_threads: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            context: None,
            activations: Activations::Auto,
            cache_dtype: None,
            sequences: 1,
            chunk: 128,
            max_outputs: 1 + MAX_DRAFT,
            isa: None,
            memory_limit_bytes: None,
            tune_threads: true,
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
    is_recurrent: bool,
    /// Of the metadata that matter for the states, and of every weight its size and first bytes.
    fingerprint: Fingerprint,
    started: Instant,
    stage: Stage,
}

enum Stage {
    /// `None` only while the executor is being made.
    Planned(Option<(Box<Program>, Pool)>),
    Reading(Box<CpuExecutor>, Reading),
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
        let n_ctx = context(&options, &description.hp)?;
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
        let is_recurrent = is_recurrent(&model.graph);
        let chunk = if computes_whole_texts(&model.hp) {
            n_ctx
        } else {
            options.chunk.clamp(1, n_ctx)
        };
        let max_outputs = options.max_outputs.clamp(1, chunk);
        let bounds = Bindings::default()
            .with(TOKENS, chunk)
            .with(OUTPUTS, max_outputs);
        let isa = options.isa.unwrap_or(Isa::available()[0]);
        let program = Program::new(std::mem::take(&mut model.graph), bounds, CpuConfig { isa })?;

        let vocabulary = Vocabulary::read(&gguf);
        let mut estimate = estimate(&program, &pool, &gguf);
        estimate.working_bytes += logits_bytes(&model, max_outputs);
        let info = ModelInfo::new(&gguf, &model, build, isa, pool.threads(), estimate);
        let total_bytes = program.weights().iter().map(|w| file_bytes(&gguf, w)).sum();
        Ok(Loader {
            info,
            is_recurrent,
            fingerprint: Fingerprint::default(),
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
        let Some(plan) = executor.program().weights().get(reading.index()).cloned() else {
            return Ok(false);
        };
        let pool = executor.pool_mut();
        let done = reading.read_piece(&self.parts, &self.gguf, &plan, pool)?;
        self.progress.done_bytes += done.bytes;
        if let Some(sample) = &done.sample {
            self.fingerprint
                .add(&file_bytes(&self.gguf, &plan).to_le_bytes());
            self.fingerprint.add(sample);
        }
        if let Some(weight) = done.finished {
            executor.set_weight(reading.index(), weight)?;
            reading.next();
        }
        Ok(true)
    }

    /// Read all that is left and give the engine.
    pub fn finish(mut self) -> Result<Engine, RuntimeError> {
        while self.step()? {}
        let Stage::Reading(mut executor, _) = self.stage else {
            unreachable!("step leaves nothing but a read model")
        };
        if self.options.tune_threads {
            executor.tune_threads()?;
        }
        self.info.decode_threads = executor.small_step_threads();
        self.fingerprint.add(self.info.architecture.as_bytes());
        self.fingerprint.add(self.info.cache_type.as_bytes());
        Ok(Engine::new(Loaded {
            device: Device::Cpu(executor),
            vocabulary: self.vocabulary,
            info: self.info,
            options: self.options,
            is_recurrent: self.is_recurrent,
            load_seconds: self.started.elapsed().as_secs_f64(),
            fingerprint: self.fingerprint.value(),
        }))
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
            let executor = Box::new(CpuExecutor::new(*program, pool));
            self.stage = Stage::Reading(executor, Reading::default());
        }
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

/// F32 where it is exact arithmetic that is asked for, or where it costs little; F16 otherwise.
fn default_cache_dtype(activations: Activations, hp: &Hyperparameters, cells: usize) -> DType {
    let bytes = cells.saturating_mul(hp.cache_bytes_per_position());
    let small = bytes <= F32_CACHE_MAX_BYTES;
    if activations == Activations::F32 || small {
        DType::F32
    } else {
        DType::F16
    }
}

fn context(options: &LoadOptions, hp: &Hyperparameters) -> Result<usize, RuntimeError> {
    /// Positions are exact in f32 and i32 far beyond this.
    const MAX: usize = 1 << 22;
    let trained = hp.n_ctx_train;
    let asked = options.context.unwrap_or(trained.min(DEFAULT_CONTEXT));
    if !(1..=MAX).contains(&asked) {
        return Err(RuntimeError::BadContext { asked, max: MAX });
    }
    // An encoder may have learned its positions one by one: there are no others.
    Ok(if hp.causal { asked } else { asked.min(trained) })
}

/// Whether a text must be computed in one step: its tokens see what comes after them, or the result is a mean.
fn computes_whole_texts(hp: &Hyperparameters) -> bool {
    !hp.causal || matches!(hp.pooling, Some(Pooling::Mean | Pooling::Cls))
}

fn is_recurrent(graph: &Graph) -> bool {
    let mut layouts = graph.values().iter().filter_map(|v| StateLayout::of(&v.ty));
    layouts.any(|layout| layout.is_recurrent())
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
        working_bytes: (program.working_bytes(pool.threads()) + reading::buffer_bytes(pool)) as u64
            + vocabulary * BYTES_PER_TOKEN,
    }
}

/// A generation's copy of the logits of a step.
fn logits_bytes(model: &Model, max_outputs: usize) -> u64 {
    if model.hp.pooling.is_some() {
        return 0;
    }
    let rows = max_outputs.min(1 + MAX_DRAFT);
    (rows * model.n_vocab * size_of::<f32>()) as u64
}
