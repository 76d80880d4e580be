//! Options and events of a generation.

use hearth_runtime as runtime;
use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// What is asked of a generation.
#[derive(Clone, Debug, Default, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default)]
pub struct GenerateOptions {
    /// Tokens to generate at most; without it until the model ends or the context is full.
    #[tsify(optional)]
    pub max_tokens: Option<usize>,
    /// Divides the logits; 0, the default, takes the likeliest token.
    #[tsify(optional)]
    pub temperature: Option<f32>,
    /// Keep the so many likeliest tokens; 0, the default, keeps all.
    #[tsify(optional)]
    pub top_k: Option<usize>,
    /// Keep the likeliest tokens until their probabilities reach this; 1, the default, keeps all.
    #[tsify(optional)]
    pub top_p: Option<f32>,
    /// Keep tokens of at least this share of the likeliest one's probability; 0, the default, keeps all.
    #[tsify(optional)]
    pub min_p: Option<f32>,
    /// Keep the tokens whose surprise is nearest the expected one; 1, the default, keeps all.
    #[tsify(optional)]
    pub typical_p: Option<f32>,
    /// Makes tokens seen lately less likely; 1, the default, does nothing.
    #[tsify(optional)]
    pub repetition_penalty: Option<f32>,
    /// Subtracted from a logit for each time its token was seen lately.
    #[tsify(optional)]
    pub frequency_penalty: Option<f32>,
    /// Subtracted once from the logit of every token seen lately.
    #[tsify(optional)]
    pub presence_penalty: Option<f32>,
    /// "Lately": so many of the newest tokens; 64 by default.
    #[tsify(optional)]
    pub penalty_window: Option<usize>,
    /// Added to the logits of single tokens, as pairs of id and bias.
    #[tsify(optional)]
    pub logit_bias: Option<Vec<(u32, f32)>>,
    /// Same seed, same choices.
    #[tsify(optional)]
    pub seed: Option<u64>,
    /// Texts that end the answer; they are not part of it.
    #[tsify(optional)]
    pub stop: Option<Vec<String>>,
    /// Go on after the model's own end token.
    #[tsify(optional)]
    pub ignore_eos: Option<bool>,
    /// Tell reasoning, answer and calls of tools apart: events then have `output`, and their `text` has the model's
    /// marks in it.
    #[tsify(optional)]
    pub typed: Option<bool>,
    /// Who guesses tokens ahead, to compute several at once; by default `lookup` on the CPU and `off` on a GPU. The answer is the same.
    #[tsify(optional)]
    pub speculation: Option<Speculation>,
    /// What the answer must keep to.
    #[tsify(optional)]
    pub grammar: Option<Grammar>,
}

/// What an answer must keep to.
#[derive(Clone, Debug, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Grammar {
    /// JSON that is valid under a schema (draft 2020-12 unless it says otherwise), given as JSON.
    JsonSchema {
        /// The schema.
        schema: String,
    },
    /// Any JSON object.
    JsonObject,
    /// A text that a regular expression matches as a whole.
    Regex {
        /// The expression, in the syntax of Rust's `regex`.
        regex: String,
    },
    /// A grammar in `llguidance`'s dialect of Lark.
    Lark {
        /// The grammar; `<name>` is a token of the vocabulary, `%json {…}` a schema.
        grammar: String,
    },
    /// A grammar in llama.cpp's form.
    Gbnf {
        /// The grammar; it begins with the rule `root`.
        grammar: String,
    },
}

impl From<Grammar> for runtime::constraint::Grammar {
    fn from(grammar: Grammar) -> Self {
        match grammar {
            Grammar::JsonSchema { schema } => Self::JsonSchema(schema),
            Grammar::JsonObject => Self::JsonObject,
            Grammar::Regex { regex } => Self::Regex(regex),
            Grammar::Lark { grammar } => Self::Lark(grammar),
            Grammar::Gbnf { grammar } => Self::Gbnf(grammar),
        }
    }
}

/// Who guesses tokens ahead.
#[derive(Clone, Copy, Debug, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum Speculation {
    /// The text itself: what followed the last time that it went like this.
    Lookup,
    /// Nobody.
    Off,
}

impl From<Speculation> for runtime::Speculation {
    fn from(speculation: Speculation) -> Self {
        let source = match speculation {
            Speculation::Lookup => runtime::DraftSource::Lookup,
            Speculation::Off => runtime::DraftSource::Off,
        };
        source.into()
    }
}

impl From<GenerateOptions> for runtime::GenerateOptions {
    fn from(options: GenerateOptions) -> Self {
        let default = runtime::Sampling::default();
        runtime::GenerateOptions {
            max_tokens: options.max_tokens,
            sampling: runtime::Sampling {
                temperature: options.temperature.unwrap_or(default.temperature),
                top_k: options.top_k.unwrap_or(default.top_k),
                top_p: options.top_p.unwrap_or(default.top_p),
                min_p: options.min_p.unwrap_or(default.min_p),
                typical_p: options.typical_p.unwrap_or(default.typical_p),
                repetition_penalty: options
                    .repetition_penalty
                    .unwrap_or(default.repetition_penalty),
                frequency_penalty: options
                    .frequency_penalty
                    .unwrap_or(default.frequency_penalty),
                presence_penalty: options.presence_penalty.unwrap_or(default.presence_penalty),
                penalty_window: options.penalty_window.unwrap_or(default.penalty_window),
                logit_bias: options.logit_bias.unwrap_or(default.logit_bias),
                seed: options.seed.unwrap_or(default.seed),
            },
            stop: options.stop.unwrap_or_default(),
            ignore_eos: options.ignore_eos.unwrap_or_default(),
            typed: options.typed.unwrap_or_default(),
            speculation: options.speculation.map(Into::into).unwrap_or_default(),
            grammar: options.grammar.map(Into::into),
        }
    }
}

/// One thing that happened in a generation.
#[derive(Clone, Debug, Serialize, Tsify)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum GenerationEvent {
    /// A part of the prompt was computed.
    Prefill {
        /// Tokens of the prompt that are in the cache.
        done_tokens: usize,
        /// Tokens of the prompt.
        total_tokens: usize,
    },
    /// The GPU was lost and the model loaded again: a part of what the conversation had is computed again. Nothing is missing of the
    /// answer.
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
        /// What that text means, in a typed generation.
        output: Vec<OutputEvent>,
    },
    /// The generation is over. No event follows.
    Finished {
        /// Why.
        reason: FinishReason,
        /// Text that was held back until now.
        text: String,
        /// What the last of the text means, in a typed generation.
        output: Vec<OutputEvent>,
        /// Tokens, counted.
        usage: Usage,
        /// Times and speeds.
        timings: Timings,
    },
}

/// A part of a model's output. Texts come in pieces: those of neighbouring events of a kind belong together.
#[derive(Clone, Debug, Serialize, Tsify)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputEvent {
    /// What the model thinks before it answers.
    Reasoning {
        /// The piece.
        text: String,
    },
    /// The answer.
    Content {
        /// The piece.
        text: String,
    },
    /// A call of a tool begins.
    ToolCallStart {
        /// Its place among the calls of this answer, from 0.
        index: usize,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments, as JSON text.
    ToolCallArguments {
        /// The call.
        index: usize,
        /// The piece.
        delta: String,
    },
    /// A call is complete: the pieces of its arguments together are one JSON object.
    ToolCallEnd {
        /// The call.
        index: usize,
    },
    /// A call that began is not completed and must not be carried out.
    ToolCallIncomplete {
        /// The call.
        index: usize,
    },
}

impl From<runtime::OutputEvent> for OutputEvent {
    fn from(event: runtime::OutputEvent) -> Self {
        use runtime::OutputEvent as Event;
        match event {
            Event::Reasoning(text) => OutputEvent::Reasoning { text },
            Event::Content(text) => OutputEvent::Content { text },
            Event::ToolCallStart { index, name } => OutputEvent::ToolCallStart { index, name },
            Event::ToolCallArguments { index, delta } => {
                OutputEvent::ToolCallArguments { index, delta }
            }
            Event::ToolCallEnd { index } => OutputEvent::ToolCallEnd { index },
            Event::ToolCallIncomplete { index } => OutputEvent::ToolCallIncomplete { index },
        }
    }
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model's end token, or a stop text.
    Stop,
    /// The most tokens that were asked for, or the end of the context.
    Length,
    /// It was stopped.
    Cancelled,
}

/// Tokens of a generation.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them that were in the cache already.
    pub cached_tokens: usize,
    /// Tokens generated.
    pub completion_tokens: usize,
    /// Tokens that were guessed ahead.
    pub drafted_tokens: usize,
    /// Those of them that were right: so many steps were saved.
    pub accepted_tokens: usize,
}

/// Times and speeds of a generation.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Seconds that loading the model took.
    pub load_seconds: f64,
    /// Seconds from the start to the first token.
    pub first_token_seconds: f64,
    /// The sum of both: seconds from opening the file to the first token, where nothing comes in between.
    pub cold_first_token_seconds: f64,
    /// Tokens of the prompt computed per second.
    pub prefill_tokens_per_second: f64,
    /// Tokens generated after the first one, per second.
    pub decode_tokens_per_second: f64,
}

impl From<runtime::Event> for GenerationEvent {
    fn from(event: runtime::Event) -> Self {
        match event {
            runtime::Event::Prefill {
                done_tokens,
                total_tokens,
            } => GenerationEvent::Prefill {
                done_tokens,
                total_tokens,
            },
            runtime::Event::Recomputed {
                done_tokens,
                total_tokens,
            } => GenerationEvent::Recomputed {
                done_tokens,
                total_tokens,
            },
            runtime::Event::Token { id, text, output } => GenerationEvent::Token {
                id,
                text,
                output: output.into_iter().map(Into::into).collect(),
            },
            runtime::Event::Finished(finished) => GenerationEvent::Finished {
                reason: finished.reason.into(),
                text: finished.text,
                output: finished.output.into_iter().map(Into::into).collect(),
                usage: finished.usage.into(),
                timings: finished.timings.into(),
            },
        }
    }
}

impl From<runtime::FinishReason> for FinishReason {
    fn from(reason: runtime::FinishReason) -> Self {
        match reason {
            runtime::FinishReason::Stop => FinishReason::Stop,
            runtime::FinishReason::Length => FinishReason::Length,
            runtime::FinishReason::Cancelled => FinishReason::Cancelled,
        }
    }
}

impl From<runtime::Usage> for Usage {
    fn from(usage: runtime::Usage) -> Self {
        Usage {
            prompt_tokens: usage.prompt_tokens,
            cached_tokens: usage.cached_tokens,
            completion_tokens: usage.completion_tokens,
            drafted_tokens: usage.drafted_tokens,
            accepted_tokens: usage.accepted_tokens,
        }
    }
}

impl From<runtime::Timings> for Timings {
    fn from(timings: runtime::Timings) -> Self {
        Timings {
            load_seconds: timings.load_s,
            first_token_seconds: timings.first_token_s,
            cold_first_token_seconds: timings.cold_first_token_s,
            prefill_tokens_per_second: timings.prefill_tokens_per_s,
            decode_tokens_per_second: timings.decode_tokens_per_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_are_left_out_are_the_runtimes_own() {
        assert_eq!(
            runtime::GenerateOptions::from(GenerateOptions::default()),
            runtime::GenerateOptions::default()
        );
    }

    #[test]
    fn every_option_arrives() {
        let options = GenerateOptions {
            max_tokens: Some(1),
            temperature: Some(2.0),
            top_k: Some(3),
            top_p: Some(0.4),
            min_p: Some(0.5),
            typical_p: Some(0.6),
            repetition_penalty: Some(7.0),
            frequency_penalty: Some(8.0),
            presence_penalty: Some(9.0),
            penalty_window: Some(10),
            logit_bias: Some(vec![(11, 12.0)]),
            seed: Some(13),
            stop: Some(vec!["14".to_owned()]),
            ignore_eos: Some(true),
            typed: Some(true),
            speculation: Some(Speculation::Off),
            grammar: Some(Grammar::Regex {
                regex: "15".to_owned(),
            }),
        };
        let expected = runtime::GenerateOptions {
            max_tokens: Some(1),
            sampling: runtime::Sampling {
                temperature: 2.0,
                top_k: 3,
                top_p: 0.4,
                min_p: 0.5,
                typical_p: 0.6,
                repetition_penalty: 7.0,
                frequency_penalty: 8.0,
                presence_penalty: 9.0,
                penalty_window: 10,
                logit_bias: vec![(11, 12.0)],
                seed: 13,
            },
            stop: vec!["14".to_owned()],
            ignore_eos: true,
            typed: true,
            speculation: runtime::DraftSource::Off.into(),
            grammar: Some(runtime::constraint::Grammar::Regex("15".to_owned())),
        };
        assert_eq!(runtime::GenerateOptions::from(options), expected);
    }
}
