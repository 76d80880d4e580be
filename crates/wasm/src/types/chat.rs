//! A conversation, and what the file's template makes of it.

use hearth_runtime::Vocabulary;
use hearth_runtime::text::TemplateInput;
use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::JsValue;

use crate::error::bad_argument;

/// A conversation to be rendered.
#[derive(Clone, Debug, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ChatInput {
    /// The messages as JSON, in the shape that chat templates expect: `[{"role":"user","content":"…"}]`.
    pub messages_json: String,
    /// The person's date and time of day, for templates that ask for it: `2026-01-15T12:30:00`.
    pub now: String,
}

/// A rendered conversation.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct RenderedChat {
    /// The prompt as text.
    pub text: String,
    /// Its token ids.
    pub tokens: Vec<u32>,
}

impl ChatInput {
    /// What the template renders: the messages, and the vocabulary's begin and end texts.
    pub(crate) fn into_template_input(
        self,
        vocabulary: &Vocabulary,
    ) -> Result<TemplateInput, JsValue> {
        let tokenizer = vocabulary.tokenizer();
        Ok(TemplateInput {
            messages: serde_json::from_str(&self.messages_json)
                .map_err(|error| bad_argument(&error))?,
            now: self.now.parse().map_err(|error| bad_argument(&error))?,
            add_generation_prompt: true,
            bos_token: vocabulary.token_text(tokenizer.bos()),
            eos_token: vocabulary.token_text(tokenizer.eos()),
            ..TemplateInput::default()
        })
    }
}
