//! From a model file to streamed text: loading, sessions, prefix reuse, sampling, generation.
//!
//! | module | holds |
//! |---|---|
//! | [`load`] | the loader, a state machine that reads a model piece by piece |
//! | [`memory`] | what a model will need, before anything is allocated |
//! | [`engine`] | a loaded model: its device, its text side, its sequences |
//! | [`device`] | the executors behind one asynchronous interface |
//! | [`generate`] | generation, a state machine that gives one event at a time |
//! | [`sampling`] | from logits to a token |
//! | [`vocabulary`] | tokenizer and chat template of a file |
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
//! let mut engine = Loader::open(vec![Box::new(file)], LoadOptions::default(), pool)?.finish()?;
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

pub mod device;
pub mod engine;
pub mod error;
pub mod generate;
pub mod load;
pub mod memory;
pub mod sampling;
pub mod vocabulary;

pub use engine::{Engine, ModelInfo, SequenceId};
pub use error::RuntimeError;
pub use generate::{Event, FinishReason, Finished, GenerateOptions, Generation, Timings, Usage};
pub use hearth_graph::passes::Activations;
pub use load::{LoadOptions, LoadProgress, Loader};
pub use memory::MemoryEstimate;
pub use sampling::Sampling;
pub use vocabulary::Vocabulary;

// What a front end needs of the crates below, so that it depends on this one alone.
pub use hearth_cpu::{Pool, Worker, profile};
pub use hearth_gguf as gguf;
pub use hearth_models::ARCHITECTURES;
pub use hearth_simd::Isa;
pub use hearth_tensor::{DType, Shape};
pub use hearth_text as text;
