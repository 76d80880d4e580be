//! A loaded model.

use std::sync::Arc;

use hearth_runtime::{Engine, SequenceId, Vocabulary};
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::error::{object, runtime_error};
use crate::types::{ModelInfo, Profile, SelfTest};

/// A loaded model.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmEngine(Engine);

impl WasmEngine {
    pub(crate) fn new(engine: Engine) -> Self {
        WasmEngine(engine)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0
    }

    pub(crate) fn engine_mut(&mut self) -> &mut Engine {
        &mut self.0
    }

    fn vocabulary(&self) -> Result<Arc<Vocabulary>, JsValue> {
        self.0.vocabulary().map_err(|error| runtime_error(&error))
    }
}

#[wasm_bindgen]
impl WasmEngine {
    /// What the model is and how it runs here.
    pub fn info(&self) -> Result<Ts<ModelInfo>, JsValue> {
        object(&ModelInfo::from(self.0.info()))
    }

    /// What was found out about the GPU, where one computes: keep it for [`crate::WasmGpu::open`].
    pub fn gpu_record(&self) -> Option<String> {
        self.0.gpu_record()
    }

    /// Token ids of a prompt as a person writes it, begin token included where the file asks for one.
    pub fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, JsValue> {
        Ok(self.vocabulary()?.encode_prompt(text))
    }

    /// The logits of what comes next after each of `positions` of a text given as token ids, one row of
    /// `vocabularySize` after the other; without `positions` after its last token.
    pub async fn logits(
        &mut self,
        tokens: Vec<u32>,
        positions: Option<Vec<u32>>,
    ) -> Result<Vec<f32>, JsValue> {
        let last = || tokens.len().checked_sub(1).into_iter().collect();
        let positions: Vec<usize> = positions.map_or_else(last, |positions| {
            positions.into_iter().map(|p| p as usize).collect()
        });
        let logits = self.0.logits(&tokens, &positions).await;
        logits.map_err(|error| runtime_error(&error))
    }

    /// Starts or stops counting what steps cost. While they are counted they are slower.
    pub fn set_profiling(&mut self, on: bool) {
        self.0.device_mut().set_profiling(on);
    }

    /// What was counted since counting started; `undefined` where nothing is counted.
    pub async fn profile(&mut self) -> Result<Option<Ts<Profile>>, JsValue> {
        let profile = self.0.device_mut().profile().await;
        let profile = profile.map_err(|error| runtime_error(&error))?;
        profile
            .map(|profile| object(&Profile::from(&profile)))
            .transpose()
    }

    /// Compares every kernel of the processor with its reference, in the thread that calls: about a second.
    pub fn self_test(&self) -> Result<Ts<SelfTest>, JsValue> {
        object(&SelfTest::run())
    }

    /// What was computed of the conversation so far, to be restored into the same model later. Some kilobytes to megabytes a token.
    pub async fn save_session(&mut self) -> Result<Vec<u8>, JsValue> {
        let saved = self.0.save_session(SequenceId::default()).await;
        saved.map_err(|error| runtime_error(&error))
    }

    /// Takes over what was saved.
    pub fn restore_session(&mut self, session: &[u8]) -> Result<(), JsValue> {
        let restored = self.0.restore_session(SequenceId::default(), session);
        restored.map_err(|error| runtime_error(&error))
    }
}
