//! A loaded model and its generations.

use std::sync::Arc;

use hearth_runtime::{Engine, Generation, SequenceId, Vocabulary};
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::error::{object, read_argument, runtime_error};
use crate::types::{ChatInput, GenerateOptions, GenerationEvent, ModelInfo, Profile, RenderedChat};

/// A loaded model.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmEngine(Engine);

/// A generation under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmGeneration(Generation);

impl WasmEngine {
    pub(crate) fn new(engine: Engine) -> Self {
        WasmEngine(engine)
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

    /// A conversation as the file's chat template writes it, and its token ids.
    pub fn render_chat(&self, chat: Ts<ChatInput>) -> Result<Ts<RenderedChat>, JsValue> {
        let vocabulary = self.vocabulary()?;
        let input = read_argument(&chat)?.into_template_input(&vocabulary)?;
        let text = vocabulary
            .render_chat(&input)
            .map_err(|error| runtime_error(&error))?;
        object(&RenderedChat {
            tokens: vocabulary.encode_chat(&text),
            text,
        })
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

    /// The embedding of a text given as token ids, of length 1, by a model that was made for it.
    pub async fn embed(&mut self, tokens: Vec<u32>) -> Result<Vec<f32>, JsValue> {
        let embedding = self.0.embed(&tokens).await;
        embedding.map_err(|error| runtime_error(&error))
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

    /// Begins to go on after `prompt`, reusing what the cache has in common with it.
    pub fn start(
        &mut self,
        prompt: &[u32],
        options: Ts<GenerateOptions>,
    ) -> Result<WasmGeneration, JsValue> {
        let options = read_argument(&options)?;
        Generation::start(&mut self.0, SequenceId::default(), prompt, options.into())
            .map(WasmGeneration)
            .map_err(|error| runtime_error(&error))
    }

    /// Does one step of work of a generation; `undefined` after its end.
    pub async fn next(
        &mut self,
        generation: &mut WasmGeneration,
    ) -> Result<Option<Ts<GenerationEvent>>, JsValue> {
        let event = generation
            .0
            .next(&mut self.0)
            .await
            .map_err(|error| runtime_error(&error))?;
        event
            .map(|event| object(&GenerationEvent::from(event)))
            .transpose()
    }
}

#[wasm_bindgen]
impl WasmGeneration {
    /// Ends the generation: the next event is its end.
    pub fn cancel(&mut self) {
        self.0.cancel();
    }
}
