//! The request.

use hearth_runtime::constraint::Grammar;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::message::ChatMessage;
use super::tool::{ChatFunction, ChatNamedTool, ChatTool, ChatToolChoice, ChatToolMode};
use crate::error::ApiError;
use crate::parameters::{Parameters, bad, read};

/// Most alternatives to a token that are told.
const MOST_TOP_LOGPROBS: usize = 20;

/// What is asked, beside [`Parameters`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatRequest {
    /// The conversation.
    #[cfg_attr(feature = "typescript", tsify(type = "readonly ChatMessage[]"))]
    pub messages: Vec<ChatMessage>,
    /// The model, where several are loaded.
    pub model: Option<String>,
    /// Whether chunks come while the answer is written.
    pub stream: bool,
    /// What chunks have beside the answer.
    pub stream_options: Option<StreamOptions>,
    /// Tokens to generate at most, reasoning included; `max_tokens` is its older name.
    pub max_completion_tokens: Option<usize>,
    /// Whether to tell how likely each token was.
    pub logprobs: bool,
    /// So many of the likeliest tokens are told with each: up to 20.
    pub top_logprobs: Option<usize>,
    /// The form of the answer.
    pub response_format: Option<ResponseFormat>,
    /// A grammar that the whole answer follows: a text in llama.cpp's GBNF, or one of three kinds.
    pub grammar: Option<GrammarChoice>,
    /// What the model may call.
    #[cfg_attr(feature = "typescript", tsify(type = "readonly ChatTool[]", optional))]
    pub tools: Option<Vec<ChatTool>>,
    /// Whether it does: `auto` by default.
    pub tool_choice: Option<ChatToolChoice>,
    /// Whether an answer may have several calls; it may by default.
    pub parallel_tool_calls: Option<bool>,
    /// How much to think, for templates that know it: `none` stops models from thinking that can be told so.
    pub reasoning_effort: Option<ReasoningEffort>,
    /// More variables for the chat template, such as `enable_thinking`.
    #[cfg_attr(
        feature = "typescript",
        tsify(type = "Record<string, unknown>", optional)
    )]
    pub chat_template_kwargs: Option<Map<String, Value>>,
    /// Whether the last message, of the assistant, is one to be gone on with.
    pub continue_final_message: bool,
    /// Whether chunks tell how much of the prompt is computed.
    pub return_progress: bool,
    /// What happens when the conversation is longer than the context: an error by default.
    pub overflow: Overflow,
    /// What an answer may consist of: text.
    pub modalities: Option<Vec<Modality>>,
}

/// What an answer may consist of.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Modality {
    /// Text.
    Text,
}

/// What chunks have beside the answer.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct StreamOptions {
    /// Whether a last chunk tells the usage.
    pub include_usage: bool,
}

/// The form of the answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ResponseFormat {
    /// Any text.
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// Which.
        json_schema: NamedSchema,
    },
}

/// A schema with a name. It is always followed, `strict` or not.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct NamedSchema {
    /// Its name, for people.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub name: Option<String>,
    /// The JSON schema; without one any JSON object.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        tsify(type = "Record<string, unknown>", optional)
    )]
    pub schema: Option<Value>,
}

/// A grammar.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum GrammarChoice {
    /// In llama.cpp's form.
    Text(String),
    /// In the form that it names.
    Kind(GrammarKind),
}

/// A grammar in the form that it names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum GrammarKind {
    /// llama.cpp's form.
    Gbnf(String),
    /// Lark, as `llguidance` reads it.
    Lark(String),
    /// A regular expression for the whole answer.
    Regex(String),
}

impl GrammarChoice {
    /// As the runtime has it.
    pub(crate) fn grammar(&self) -> Grammar {
        match self {
            GrammarChoice::Text(text) | GrammarChoice::Kind(GrammarKind::Gbnf(text)) => {
                Grammar::Gbnf(text.clone())
            }
            GrammarChoice::Kind(GrammarKind::Lark(text)) => Grammar::Lark(text.clone()),
            GrammarChoice::Kind(GrammarKind::Regex(text)) => Grammar::Regex(text.clone()),
        }
    }
}

/// How much to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
}

impl ReasoningEffort {
    /// As templates name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            ReasoningEffort::None => "none",
            ReasoningEffort::Minimal => "minimal",
            ReasoningEffort::Low => "low",
            ReasoningEffort::Medium => "medium",
            ReasoningEffort::High => "high",
            ReasoningEffort::Xhigh => "xhigh",
        }
    }
}

/// What happens when the conversation is longer than the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Overflow {
    /// An error, `prompt_too_long`; an answer that reaches the end of the context is cut off there.
    #[default]
    Error,
    /// The oldest turns are left out, what a system message says is kept.
    DropOldestTurns,
    /// The beginning and the newest tokens are kept, those between are forgotten, while the answer is written too.
    Slide,
}

/// What of a request was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its fields.
    pub request: ChatRequest,
    /// Its parameters.
    pub parameters: Parameters,
}

/// Which tools may or must be called.
#[derive(Clone, Debug, Default)]
pub struct ToolPlan<'a> {
    /// Those that the model sees, as its template wants them.
    pub shown: Vec<&'a ChatTool>,
    /// One of these must be called; none where the model decides.
    pub required: Vec<&'a ChatFunction>,
    /// Whether an answer may have several calls.
    pub parallel: bool,
}

impl ToolPlan<'_> {
    /// The functions that the model sees.
    pub fn functions(&self) -> impl Iterator<Item = &ChatFunction> {
        let shown = self.shown.iter();
        shown.map(|ChatTool::Function { function }| function)
    }

    /// Whether the arguments of one of them must follow its schema.
    pub fn is_strict(&self) -> bool {
        self.functions()
            .any(|function| function.strict == Some(true))
    }
}

impl Checked {
    /// Read and check a request.
    pub fn read(json: &str) -> Result<Self, ApiError> {
        let (request, mut parameters) = read::<ChatRequest>(json)?;
        if request.messages.is_empty() {
            return Err(bad("messages", "must have at least one message"));
        }
        if request.top_logprobs.is_some_and(|n| n > MOST_TOP_LOGPROBS) {
            return Err(bad("top_logprobs", "must be between 0 and 20"));
        }
        if request.top_logprobs.is_some() && !request.logprobs {
            return Err(bad("top_logprobs", "needs `logprobs` to be true"));
        }
        if request.grammar.is_some() && request.constrains_format() {
            return Err(bad("grammar", "cannot be given with a `response_format`"));
        }
        parameters.max_tokens = request.max_completion_tokens.or(parameters.max_tokens);
        let checked = Checked {
            request,
            parameters,
        };
        let plan = checked.tools()?;
        let has_form = checked.request.grammar.is_some() || checked.request.constrains_format();
        if has_form && !plan.required.is_empty() {
            let problem = "cannot require a call where the form of the answer is given";
            return Err(bad("tool_choice", problem));
        }
        Ok(checked)
    }

    /// Which tools may or must be called.
    pub fn tools(&self) -> Result<ToolPlan<'_>, ApiError> {
        let all = self.request.tools.as_deref().unwrap_or_default();
        let functions = all.iter().map(|ChatTool::Function { function }| function);
        let mut plan = ToolPlan {
            shown: all.iter().collect(),
            required: Vec::new(),
            parallel: self.request.parallel_tool_calls.unwrap_or(true),
        };
        match &self.request.tool_choice {
            None | Some(ChatToolChoice::Mode(ChatToolMode::Auto)) => {}
            Some(ChatToolChoice::Mode(ChatToolMode::None)) => plan.shown.clear(),
            Some(ChatToolChoice::Mode(ChatToolMode::Required)) if all.is_empty() => {
                return Err(bad(
                    "tool_choice",
                    "requires a call, but there are no `tools`",
                ));
            }
            Some(ChatToolChoice::Mode(ChatToolMode::Required)) => {
                plan.required = functions.collect();
            }
            Some(ChatToolChoice::Named(ChatNamedTool::Function { function: named })) => {
                let found = functions
                    .clone()
                    .find(|function| function.name == named.name);
                plan.required
                    .push(found.ok_or_else(|| ApiError::UnknownTool {
                        name: named.name.as_str().into(),
                    })?);
                plan.parallel = false;
            }
        }
        Ok(plan)
    }
}

impl ChatRequest {
    fn constrains_format(&self) -> bool {
        !matches!(self.response_format, None | Some(ResponseFormat::Text))
    }
}
