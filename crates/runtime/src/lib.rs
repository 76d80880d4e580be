//! From a model file to streamed text: loading, sessions, prefix reuse, sampling, generation.
//!
//! | module | holds |
//! |---|---|
//! | [`load`] | the loader, a state machine that reads a model piece by piece |
//! | [`note`] | what was decided otherwise than asked for, and why |
//! | [`memory`] | what a model will need, before anything is allocated |
//! | [`engine`] | a loaded model: its device, its text side, its sequences |
//! | [`device`] | the executors behind one asynchronous interface |
//! | [`embed`] | one vector for a text |
//! | [`perplexity`] | how well a model predicts a text |
//! | [`logits`] | logits after chosen positions of a text |
//! | [`session`] | saving and restoring a sequence |
//! | `sequence_state`, `fingerprint` | a sequence's part of the states; what tells models apart |
//! | [`generate`] | generation, a state machine that gives one event at a time |
//! | `choosing` | steps whose token a GPU chooses |
//! | [`speculation`] | guessing tokens ahead, so that a step gives several |
//! | [`constraint`] | answers that keep to a grammar |
//! | [`sampling`] | from logits to a token |
//! | [`vocabulary`] | tokenizer and chat template of a file |
//! | [`read_speed`] | how fast models will answer here, found out without one |
//! | [`supported`] | what this version runs |
//! | [`error`] | every failure, each with a stable code |
//!
//! Nothing here blocks for long: a caller steps the loader and the generation, and may stop between steps.
//!
//! ```no_run
//! use hearth_runtime::{Event, GenerateOptions, Generation, LoadOptions, Loader, Pool, SequenceId};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let file = std::fs::File::open("model.gguf")?;
//! let pool = Pool::new(4)?;
//! let engine = Loader::open(vec![Box::new(file)], LoadOptions::default(), pool)?;
//! let mut engine = engine.finish().await?;
//! let prompt = engine.vocabulary()?.encode_prompt("Once upon a time");
//! let options = GenerateOptions { max_tokens: Some(64), ..Default::default() };
//! let mut generation = Generation::start(&mut engine, SequenceId(0), &prompt, options)?;
//! while let Some(event) = generation.next(&mut engine).await? {
//!     if let Event::Token { text, .. } = event {
//!         print!("{text}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod choosing;
pub mod constraint;
pub mod device;
pub mod embed;
pub mod engine;
pub mod error;
mod fingerprint;
pub mod generate;
pub mod load;
pub mod logits;
pub mod memory;
pub mod note;
pub mod perplexity;
pub mod read_speed;
pub mod sampling;
mod sequence_state;
pub mod session;
pub mod speculation;
pub mod supported;
pub mod vocabulary;

pub use device::Hardware;
pub use engine::{Engine, ModelInfo, SequenceId};
pub use error::RuntimeError;
pub use generate::{
    Event, FinishReason, Finished, GenerateOptions, Generation, Timings, TokenLogprobs, Usage,
};
pub use hearth_graph::passes::Activations;
pub use hearth_graph::profile;
pub use load::{LoadOptions, LoadProgress, Loader};
pub use memory::MemoryEstimate;
pub use note::{Note, Shortage};
pub use perplexity::{Perplexity, PerplexityOptions, negative_log_likelihood};
pub use sampling::Sampling;
pub use session::SessionError;
pub use speculation::{DraftError, DraftSource, Speculation};
pub use vocabulary::Vocabulary;

// What a front end needs of the crates below, so that it depends on this one alone.
pub use hearth_cpu::{Pool, Worker, ceilings};
pub use hearth_gguf as gguf;
pub use hearth_kernels::{dequantize, quantize, self_test};
pub use hearth_models::{ARCHITECTURES, Architecture, Pooling};
pub use hearth_simd::Isa;
pub use hearth_tensor::{DType, Shape};
pub use hearth_text as text;
pub use hearth_text::output::Event as OutputEvent;
pub use hearth_webgpu::{Gpu, GpuCeilings, GpuError};
