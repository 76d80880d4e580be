//! The engine as JavaScript sees it: the wasm-bindgen boundary, and no logic.
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | model bytes that JavaScript reads: a `File`, a URL |
//! | [`loader`] | loading, step by step |
//! | [`engine`] | a loaded model |
//! | [`run`] | requests in OpenAI's shapes, under way |
//! | [`types`] | what crosses the boundary as plain objects, with their TypeScript types |
//! | [`gpu`] | the GPU of this browser, and what a model is loaded for |
//! | [`error`] | failures as JavaScript errors with a stable `code` |
//! | [`panic`] | what a trap leaves behind |
//! | [`pool`] | the threads: this one alone, or Web Workers over one shared memory |
//!
//! An instance serves one model: WebAssembly memory never shrinks, so another model means another worker.

pub mod engine;
pub mod error;
pub mod gpu;
pub mod loader;
pub mod panic;
#[cfg_attr(not(target_feature = "atomics"), path = "pool/single.rs")]
#[cfg_attr(target_feature = "atomics", path = "pool/shared.rs")]
pub mod pool;
pub mod run;
pub mod source;
pub mod types;

pub use engine::WasmEngine;
pub use gpu::{WasmGpu, WasmHardware};
pub use loader::WasmLoader;
pub use pool::WasmPool;
pub use run::WasmRun;
