//! The largest plan that fits, from what was asked for down to what there is memory for.
//!
//! A plan that needs more than may be taken, or more than the device grants, makes way for the next smaller one: the context is
//! halved down to [`LEAST_CONTEXT`], then the KV cache gets a smaller element type, then the CPU computes, where that was
//! allowed, and begins again with what was asked for. Nothing is decided in silence: [`Fitting::notes`].

use hearth_gguf::{Gguf, ReadAt};
use hearth_graph::passes::{Activations, optimize, optimize_for_gpu};
use hearth_graph::{Bindings, Graph, OUTPUTS, TOKENS};
use hearth_kernels::state::StateLayout;
use hearth_models::{BuildOptions, Description, Hyperparameters, Model, ModelError, Pooling};
use hearth_simd::Isa;
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuError, WeightPlan};

use super::LoadOptions;
use super::plan::Plan;
use super::tensor::read_small;
use crate::device::Hardware;
use crate::engine::ModelInfo;
use crate::error::RuntimeError;
use crate::memory::{MemoryEstimate, available_bytes};
use crate::note::{Note, Shortage};
use crate::speculation::MAX_DRAFT;
use hearth_cpu::Pool;

/// Context that is allocated where nobody asks for another, unless the model was trained for less.
pub const DEFAULT_CONTEXT: usize = 4096;

/// A context is not made shorter than this to make a model fit.
pub const LEAST_CONTEXT: usize = 512;

/// A KV cache that takes no more than this as F32 is F32.
const F32_CACHE_MAX_BYTES: usize = 128 << 20;

/// Element types of the KV cache, each smaller than the one before.
const CACHES: [DType; 3] = [DType::F32, DType::F16, DType::Q8_0];

/// A file, and how it is asked to run.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) parts: &'a [Box<dyn ReadAt>],
    pub(super) gguf: &'a Gguf,
    pub(super) options: &'a LoadOptions,
}

/// What is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Setting {
    n_ctx: usize,
    cache: DType,
}

/// The way down from the largest plan.
pub(super) struct Fitting {
    /// The GPU, as long as it is tried.
    gpu: Option<Gpu>,
    /// The CPU, unless a plan has it.
    pool: Option<Pool>,
    /// What would be taken if all fitted.
    wanted: Setting,
    now: Setting,
    /// The last setting that was possible, but too large.
    short: Setting,
    /// What did not fit at first.
    why: Option<Shortage>,
    /// Why the CPU computes where a GPU was wanted.
    no_gpu: Option<String>,
}

/// A plan, and what is told of it.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) info: ModelInfo,
    pub(super) is_recurrent: bool,
    /// Tokens of the largest step.
    pub(super) chunk: usize,
}

impl Fitting {
    pub(super) fn new(hardware: Hardware, source: Source<'_>) -> Result<Self, RuntimeError> {
        let (gpu, pool, missing) = match hardware {
            Hardware::Cpu(pool) => (None, Some(pool), None),
            Hardware::Gpu(gpu) => (Some(gpu), None, None),
            Hardware::GpuOrCpu(Ok(gpu), pool) => (Some(gpu), Some(pool), None),
            Hardware::GpuOrCpu(Err(missing), pool) => (None, Some(pool), Some(missing)),
        };
        let now = wanted(source, gpu.is_some())?;
        Ok(Fitting {
            no_gpu: missing.map(|missing| why_not(&missing.into())),
            gpu,
            pool,
            wanted: now,
            short: now,
            now,
            why: None,
        })
    }

    /// The largest plan that fits, from the present one down. If none does it is the smallest, which says so when it is carried out,
    /// or the error of making it.
    pub(super) fn fit(&mut self, source: Source<'_>) -> Result<Planned, RuntimeError> {
        loop {
            let tried = self.plan(source);
            let full = match &tried {
                Ok(planned) => planned.check_memory(source.options).err(),
                Err(_) => None,
            };
            let Some(problem) = full.as_ref().or(tried.as_ref().err()) else {
                return tried;
            };
            let is_short = Shortage::of(problem).is_some();
            if self.go_smaller(problem, source)? {
                if let Ok(planned) = tried {
                    self.pool = self.pool.take().or(planned.plan.into_pool());
                }
            } else if is_short || self.now == self.short {
                return tried;
            } else {
                self.now = self.short;
                return self.plan(source);
            }
        }
    }

    /// Go on to the next smaller setting after `problem`. Gives false where there is none, or none that would help.
    pub(super) fn go_smaller(
        &mut self,
        problem: &RuntimeError,
        source: Source<'_>,
    ) -> Result<bool, RuntimeError> {
        let shortage = Shortage::of(problem);
        // A smaller cache that the model or the GPU does not know is passed over.
        let is_passed_over = self.now.cache != self.wanted.cache && is_unknown(problem);
        if let Some(shortage) = &shortage {
            self.short = self.now;
            self.why.get_or_insert_with(|| shortage.clone());
        }
        if (shortage.is_some() || is_passed_over)
            && let Some(smaller) = self.now.smaller(source.options)
        {
            self.now = smaller;
            return Ok(true);
        }
        let why = shortage.or(self.why.clone().filter(|_| is_passed_over));
        self.leave_gpu(
            why.map_or_else(|| why_not(problem), |why| why.to_string()),
            source,
        )
    }

    /// Let the CPU compute, where that is allowed.
    fn leave_gpu(&mut self, why: String, source: Source<'_>) -> Result<bool, RuntimeError> {
        if self.gpu.is_none() || self.pool.is_none() {
            return Ok(false);
        }
        self.gpu = None;
        self.no_gpu = Some(why);
        self.why = None;
        self.wanted = wanted(source, false)?;
        (self.now, self.short) = (self.wanted, self.wanted);
        Ok(true)
    }

    /// Open another device in place of one that is lost or full.
    pub(super) async fn reopen(&mut self, source: Source<'_>) -> Result<(), RuntimeError> {
        let Some(gpu) = &self.gpu else {
            return Ok(());
        };
        // The old one may be another model's as well, so it is left alone.
        match gpu.reopen().await {
            Ok(gpu) => self.gpu = Some(gpu),
            Err(error) => {
                let error = error.into();
                if !self.leave_gpu(why_not(&error), source)? {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Options that ask for what the present plan has.
    pub(super) fn fixed(&self, options: &LoadOptions) -> LoadOptions {
        LoadOptions {
            context: Some(self.now.n_ctx),
            cache_dtype: Some(self.now.cache),
            ..options.clone()
        }
    }

    /// The CPU that a GPU's plan may still fall back on.
    pub(super) fn into_pool(self) -> Option<Pool> {
        self.pool
    }

    fn plan(&mut self, source: Source<'_>) -> Result<Planned, RuntimeError> {
        let Source {
            parts,
            gguf,
            options,
        } = source;
        let Setting { n_ctx, cache } = self.now;
        let build = BuildOptions {
            n_ctx,
            n_sequences: options.sequences.max(1),
            cache_dtype: cache,
        };
        let description = Description::read(gguf)?;
        let mut model = description.build(gguf, build, &|info| read_small(parts, info))?;
        match &self.gpu {
            Some(gpu) => {
                let limit = WeightPlan::max_whole_bytes(gpu.max_binding_bytes());
                optimize_for_gpu(&mut model.graph, limit);
            }
            None => optimize(&mut model.graph, options.activations),
        }
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
        let hardware = match &self.gpu {
            Some(gpu) => Hardware::Gpu(gpu.clone()),
            None => Hardware::Cpu(self.pool.take().expect("no plan has it")),
        };
        let plan = Plan::new(std::mem::take(&mut model.graph), bounds, hardware, isa)?;
        let mut estimate = plan.estimate();
        estimate.working_bytes += vocabulary_bytes(gguf) + logits_bytes(&model, max_outputs);
        let mut info = ModelInfo::new(gguf, &model, build, isa, plan.threads(), estimate);
        info.gpu = plan.gpu().map(str::to_owned);
        info.gpu_dispatches = plan.gpu_dispatches();
        info.notes = self.notes();
        Ok(Planned {
            plan,
            info,
            is_recurrent,
            chunk,
        })
    }

    /// What is otherwise than it was to be, and why.
    fn notes(&self) -> Vec<Note> {
        let no_gpu = self.no_gpu.clone();
        let mut notes: Vec<Note> = no_gpu
            .map(|reason| Note::OnCpu { reason })
            .into_iter()
            .collect();
        let (wanted, now) = (self.wanted, self.now);
        if let Some(why) = &self.why {
            notes.extend((now.n_ctx != wanted.n_ctx).then(|| Note::ShorterContext {
                wanted: wanted.n_ctx,
                n_ctx: now.n_ctx,
                why: why.clone(),
            }));
            notes.extend((now.cache != wanted.cache).then(|| Note::SmallerCache {
                wanted: wanted.cache,
                cache: now.cache,
                why: why.clone(),
            }));
        }
        notes
    }
}

impl Planned {
    /// What it will need.
    pub(super) fn estimate(&self) -> MemoryEstimate {
        self.info.memory
    }

    fn check_memory(&self, options: &LoadOptions) -> Result<(), RuntimeError> {
        check_memory(&self.plan, self.estimate(), options)
    }
}

/// Check an estimate against what may be taken. A GPU does not say how much that is, so there it is what was asked for.
pub(super) fn check_memory(
    plan: &Plan,
    estimate: MemoryEstimate,
    options: &LoadOptions,
) -> Result<(), RuntimeError> {
    let needed = estimate.total_bytes();
    let ask = || plan.is_in_own_memory().then(available_bytes).flatten();
    match options.memory_limit_bytes.or_else(ask) {
        Some(available) if needed > available => {
            Err(RuntimeError::NotEnoughMemory { needed, available })
        }
        _ => Ok(()),
    }
}

impl Setting {
    /// The next smaller one. A type of cache that was asked for stays.
    fn smaller(self, options: &LoadOptions) -> Option<Self> {
        if self.n_ctx > LEAST_CONTEXT {
            let n_ctx = (self.n_ctx / 2).max(LEAST_CONTEXT);
            return Some(Setting { n_ctx, ..self });
        }
        let at = CACHES.iter().position(|cache| *cache == self.cache)?;
        let cache = *CACHES.get(at + 1)?;
        (options.cache_dtype.is_none()).then_some(Setting { cache, ..self })
    }
}

/// The setting where all fits.
fn wanted(source: Source<'_>, on_gpu: bool) -> Result<Setting, RuntimeError> {
    let options = source.options;
    let hp = Description::read(source.gguf)?.hp;
    let n_ctx = context(options, &hp)?;
    let cells = n_ctx * options.sequences.max(1);
    let default = || default_cache_dtype(activations(options, on_gpu), &hp, cells);
    Ok(Setting {
        n_ctx,
        cache: options.cache_dtype.unwrap_or_else(default),
    })
}

/// The arithmetic that there is of what was asked for: a GPU computes with f32 activations only.
fn activations(options: &LoadOptions, on_gpu: bool) -> Activations {
    if on_gpu {
        Activations::F32
    } else {
        options.activations
    }
}

/// Whether a type of cache is the problem.
fn is_unknown(problem: &RuntimeError) -> bool {
    matches!(
        problem,
        RuntimeError::Gpu(GpuError::Kernel { .. })
            | RuntimeError::Model(ModelError::CacheBlocks { .. })
    )
}

/// What the GPU lacks, without advice.
fn why_not(error: &RuntimeError) -> String {
    match error {
        RuntimeError::Gpu(GpuError::NoAdapter { reason }) => {
            format!("there is no GPU that can compute ({reason})")
        }
        RuntimeError::Gpu(GpuError::Software { adapter }) => {
            format!("{adapter} is the processor itself")
        }
        RuntimeError::Gpu(GpuError::NoDevice { adapter, reason }) => {
            format!("{adapter} gives no device ({reason})")
        }
        RuntimeError::Gpu(GpuError::Kernel { source }) => source.to_string(),
        RuntimeError::Gpu(GpuError::Lost { reason }) => format!("the GPU was lost ({reason})"),
        error => error.to_string(),
    }
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

/// What the tokenizer takes.
fn vocabulary_bytes(gguf: &Gguf) -> u64 {
    // A token's text lies in the parsed file, in the tokenizer's table, and in its indices.
    const BYTES_PER_TOKEN: u64 = 200;
    let tokens = gguf.metadata().get_strings("tokenizer.ggml.tokens");
    tokens.map_or(0, |tokens| tokens.len() as u64 * BYTES_PER_TOKEN)
}

/// A generation's copy of the logits of a step.
fn logits_bytes(model: &Model, max_outputs: usize) -> u64 {
    if model.hp.pooling.is_some() {
        return 0;
    }
    let rows = max_outputs.min(1 + MAX_DRAFT);
    (rows * model.n_vocab * size_of::<f32>()) as u64
}
