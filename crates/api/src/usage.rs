//! Tokens and times, as the end of an answer tells them.

use hearth_runtime as runtime;
use serde::Serialize;

/// Tokens of a request, all its choices together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct CompletionUsage {
    /// Tokens generated, end tokens included.
    pub completion_tokens: usize,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// The sum of both.
    pub total_tokens: usize,
    /// Of the prompt's tokens.
    pub prompt_tokens_details: PromptTokensDetails,
    /// Of the generated tokens.
    pub completion_tokens_details: CompletionTokensDetails,
    /// How long it took; not in OpenAI's API.
    pub timings: Timings,
}

/// Of the prompt's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct PromptTokensDetails {
    /// Those that needed no computing, because an earlier request began alike.
    pub cached_tokens: usize,
}

/// Of the generated tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct CompletionTokensDetails {
    /// Those of the reasoning.
    pub reasoning_tokens: usize,
    /// Those that were guessed ahead and were right.
    pub accepted_prediction_tokens: usize,
    /// Those that were guessed ahead in vain.
    pub rejected_prediction_tokens: usize,
}

/// How long an answer took; of several choices the first one's prompt and the last one's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Timings {
    /// Seconds that loading the model took.
    pub load_seconds: f64,
    /// Seconds from the request to the first token.
    pub first_token_seconds: f64,
    /// Tokens of the prompt computed per second.
    pub prefill_tokens_per_second: f64,
    /// Tokens generated after the first one, per second.
    pub decode_tokens_per_second: f64,
}

impl CompletionUsage {
    /// Add what one choice took, of which so many tokens were reasoning. A prompt counts with the first of its choices.
    pub(crate) fn add(
        &mut self,
        finished: &runtime::Finished,
        reasoning_tokens: usize,
        is_first: bool,
    ) {
        let usage = &finished.usage;
        if is_first {
            self.prompt_tokens += usage.prompt_tokens;
            self.prompt_tokens_details.cached_tokens += usage.cached_tokens;
            self.timings.load_seconds = finished.timings.load_s;
            self.timings.first_token_seconds = finished.timings.first_token_s;
            self.timings.prefill_tokens_per_second = finished.timings.prefill_tokens_per_s;
        }
        self.timings.decode_tokens_per_second = finished.timings.decode_tokens_per_s;
        self.completion_tokens += usage.completion_tokens;
        self.total_tokens = self.prompt_tokens + self.completion_tokens;
        let details = &mut self.completion_tokens_details;
        details.reasoning_tokens += reasoning_tokens;
        details.accepted_prediction_tokens += usage.accepted_tokens;
        details.rejected_prediction_tokens += usage.drafted_tokens - usage.accepted_tokens;
    }
}
