//! What a generation tells: its events, and at its end what it took.

use hearth_text::output::Event as OutputEvent;
use serde::Serialize;

use super::logprobs::TokenLogprobs;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A part of the prompt was computed.
    Prefill {
        /// Tokens of the prompt that are in the cache.
        done_tokens: usize,
        /// Tokens of the prompt.
        total_tokens: usize,
    },
    /// The GPU was lost and the model loaded again: a part of what the sequence had is computed again. Nothing is missing of the answer.
    Recomputed {
        /// Tokens that are in the cache again.
        done_tokens: usize,
        /// Tokens that will be.
        total_tokens: usize,
    },
    /// A token was generated.
    Token {
        /// Its id.
        id: u32,
        /// Text that became certain with it; may be empty.
        text: String,
        /// What that text means, if the generation is typed.
        #[serde(skip)]
        output: Vec<OutputEvent>,
        /// How likely it was, if that was asked for. A token that was given is not judged.
        #[serde(skip_serializing_if = "Option::is_none")]
        logprobs: Option<TokenLogprobs>,
    },
    /// The generation is over. No event follows.
    Finished(Finished),
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model's end token, a stop text, or the end of the grammar.
    Stop,
    /// `max_tokens`, or the end of the context.
    Length,
    /// [`Generation::cancel`].
    Cancelled,
}

/// The end of a generation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finished {
    /// Why.
    pub reason: FinishReason,
    /// Text that was held back until now.
    pub text: String,
    /// What the last of the text means, if the generation is typed.
    #[serde(skip)]
    pub output: Vec<OutputEvent>,
    /// Tokens.
    pub usage: Usage,
    /// Times.
    pub timings: Timings,
}

/// Tokens of a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them that were in the cache already.
    pub cached_tokens: usize,
    /// Tokens generated, an end token included.
    pub completion_tokens: usize,
    /// Tokens that were guessed ahead.
    pub drafted_tokens: usize,
    /// Those of them that were right: so many steps were saved.
    pub accepted_tokens: usize,
}

/// Speed of a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timings {
    /// Seconds from opening the file to the end of loading.
    pub load_s: f64,
    /// Seconds from the start to the first token.
    pub first_token_s: f64,
    /// The sum of both: seconds from opening the file to the first token, where nothing comes in between.
    pub cold_first_token_s: f64,
    /// Prompt tokens computed, per second.
    pub prefill_tokens_per_s: f64,
    /// Tokens computed after the first one, per second.
    pub decode_tokens_per_s: f64,
}
