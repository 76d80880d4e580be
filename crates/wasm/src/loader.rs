//! Loading a model, step by step, so that a worker can report progress in between.

use hearth_runtime::Loader;
use hearth_runtime::gguf::ReadAt;
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::engine::WasmEngine;
use crate::error::{object, read_argument, runtime_error};
use crate::gpu::WasmHardware;
use crate::source::{ByteSource, JsSource};
use crate::types::{LoadOptions, LoadProgress, ModelInfo};

/// A model being loaded.
#[wasm_bindgen]
pub struct WasmLoader(Loader);

#[wasm_bindgen]
impl WasmLoader {
    /// Reads the header of a model, given as the parts of a split file in their order, or as one, and plans for the hardware.
    /// With a GPU the sources are read again when it is lost, so keep them open.
    pub fn open(
        sources: Vec<ByteSource>,
        options: Ts<LoadOptions>,
        hardware: WasmHardware,
    ) -> Result<WasmLoader, JsValue> {
        let parts: Vec<_> = sources
            .into_iter()
            .map(|source| Box::new(JsSource(source)) as Box<dyn ReadAt>)
            .collect();
        let bytes = parts.iter().map(|part| part.size_bytes()).sum();
        let options: LoadOptions = read_argument(&options)?;
        Loader::open(parts, options.for_files(bytes), hardware.into_inner())
            .map(WasmLoader)
            .map_err(|error| runtime_error(&error))
    }

    /// What the model is, how it will run, and what memory it will need.
    pub fn info(&self) -> Result<Ts<ModelInfo>, JsValue> {
        object(&ModelInfo::from(self.0.info()))
    }

    /// How far it has come.
    pub fn progress(&self) -> Result<Ts<LoadProgress>, JsValue> {
        object(&LoadProgress::from(self.0.progress()))
    }

    /// Reads the next piece. Gives true while there is more to do.
    pub async fn step(&mut self) -> Result<bool, JsValue> {
        let more = self.0.step().await;
        more.map_err(|error| runtime_error(&error))
    }

    /// Reads all that is left and gives the engine.
    pub async fn finish(self) -> Result<WasmEngine, JsValue> {
        let engine = self.0.finish().await;
        engine
            .map(WasmEngine::new)
            .map_err(|error| runtime_error(&error))
    }
}

impl std::fmt::Debug for WasmLoader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasmLoader").finish_non_exhaustive()
    }
}
