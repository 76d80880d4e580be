//! Chunks, and the whole answer.

use serde::Serialize;

use super::tool::ChatToolCall;
use crate::progress::PromptProgress;
use crate::usage::CompletionUsage;

/// A piece of an answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct ChatCompletionChunk {
    /// The same in all chunks of an answer.
    pub id: String,
    /// `chat.completion.chunk`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"chat.completion.chunk\""))]
    pub object: &'static str,
    /// When the answer began, in seconds since 1970.
    pub created: u64,
    /// The model.
    pub model: String,
    /// What grew; empty in a chunk that tells the usage or the progress.
    pub choices: Vec<ChatChunkChoice>,
    /// In the last chunk, if it was asked for: `null` in those before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "typescript",
        tsify(type = "CompletionUsage | null", optional)
    )]
    pub usage: Option<Option<CompletionUsage>>,
    /// How much of the prompt is computed, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_progress: Option<PromptProgress>,
}

/// What grew of one choice.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct ChatChunkChoice {
    /// Which.
    pub index: usize,
    /// What grew.
    pub delta: ChatDelta,
    /// In the last chunk of the choice, why it ended.
    pub finish_reason: Option<ChatFinishReason>,
    /// How likely its tokens were, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(type = "ChatLogprobs | null", optional))]
    pub logprobs: Option<ChatLogprobs>,
}

/// What grew.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatDelta {
    /// In the first chunk of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(type = "\"assistant\"", optional))]
    pub role: Option<&'static str>,
    /// Of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Of what the model thinks before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Of calls of tools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub tool_calls: Vec<ChatToolCallDelta>,
}

/// What grew of a call.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatToolCallDelta {
    /// Which call of the choice.
    pub index: usize,
    /// Names the call; in its first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// In its first piece.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(type = "\"function\"", optional))]
    pub kind: Option<&'static str>,
    /// What is called.
    pub function: ChatFunctionDelta,
}

/// What grew of what is called.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatFunctionDelta {
    /// Its name; in the first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of its arguments, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

/// Why a choice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatFinishReason {
    /// The model ended it, a stop text did, or it was stopped.
    Stop,
    /// The most tokens that were asked for, or the end of the context.
    Length,
    /// Tools are to be called.
    ToolCalls,
}

/// How likely the tokens of an answer were.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct ChatLogprobs {
    /// Of the answer.
    pub content: Vec<ChatTokenLogprob>,
    /// Always `null`: models here refuse in their answer.
    #[cfg_attr(feature = "typescript", tsify(type = "null"))]
    pub refusal: Option<()>,
}

/// How likely a token was.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatTokenLogprob {
    /// Its text.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// Its bytes: a token may be a part of a character.
    pub bytes: Vec<u8>,
    /// The likeliest tokens in its place, likeliest first.
    pub top_logprobs: Vec<ChatTopLogprob>,
}

/// How likely another token was.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatTopLogprob {
    /// Its text.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatCompletion {
    /// Names it.
    pub id: String,
    /// `chat.completion`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"chat.completion\""))]
    pub object: &'static str,
    /// When it began, in seconds since 1970.
    pub created: u64,
    /// The model.
    pub model: String,
    /// The answers.
    pub choices: Vec<ChatChoice>,
    /// What it took.
    pub usage: CompletionUsage,
}

/// One answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct ChatChoice {
    /// Which.
    pub index: usize,
    /// It.
    pub message: ChatCompletionMessage,
    /// Why it ended.
    pub finish_reason: ChatFinishReason,
    /// How likely its tokens were, if that was asked for.
    pub logprobs: Option<ChatLogprobs>,
}

/// What the model said.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct ChatCompletionMessage {
    /// `assistant`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"assistant\""))]
    pub role: &'static str,
    /// The answer; `null` where it only called tools.
    pub content: Option<String>,
    /// Always `null`: models here refuse in their answer.
    #[cfg_attr(feature = "typescript", tsify(type = "null"))]
    pub refusal: Option<()>,
    /// What it thought before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The tools that are to be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub tool_calls: Vec<ChatToolCall>,
}
