//! Every failure of a request. [`ApiError::code`] is stable; [`ApiError::object`] is what OpenAI's API would answer.

use std::sync::Arc;

use hearth_runtime::RuntimeError;
use serde_json::{Value, json};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The request is no JSON object, or lacks a field.
    #[error("the request cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// A field of the request does not exist, or has another shape.
    #[error("`{name}` cannot be read: {source}")]
    Field {
        /// Its name, as the request has it.
        name: Box<str>,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A sampling parameter is out of its range.
    #[error("`{parameter}` is {value}, but must be {range}")]
    Sampling {
        /// Its name in requests.
        parameter: &'static str,
        /// Its value.
        value: f32,
        /// What it must be.
        range: &'static str,
    },
    /// A parameter has a value that it cannot have.
    #[error("`{parameter}` {problem}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What is wrong, and what would be right.
        problem: &'static str,
    },
    /// A part of a message that is not text.
    #[error(
        "a message has a part of type \"{kind}\", but this model reads text only; leave the part out"
    )]
    Content {
        /// The part's type.
        kind: &'static str,
    },
    /// A call of a tool in an assistant's message whose arguments are no JSON object.
    #[error(
        "the arguments of a call of `{name}` in an assistant's message are no JSON object; give the text that the model wrote"
    )]
    Arguments {
        /// The tool.
        name: Box<str>,
    },
    /// `tool_choice` names a tool that is not among `tools`.
    #[error("`tool_choice` names `{name}`, which is not among `tools`")]
    UnknownTool {
        /// The name.
        name: Box<str>,
    },
    /// The engine failed.
    #[error("{0}")]
    Runtime(#[from] RuntimeError),
    /// The model has no usable vocabulary.
    #[error("{0}")]
    Vocabulary(#[from] Arc<RuntimeError>),
}

impl ApiError {
    /// A short stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ApiError::Shape(_)
            | ApiError::Field { .. }
            | ApiError::Parameter { .. }
            | ApiError::Arguments { .. }
            | ApiError::UnknownTool { .. } => "bad_request",
            ApiError::Sampling { .. } => "bad_sampling",
            ApiError::Content { .. } => "unsupported_content",
            ApiError::Runtime(error) => error.code(),
            ApiError::Vocabulary(error) => error.code(),
        }
    }

    /// The parameter at fault, where it is one.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            ApiError::Field { name, .. } => Some(name),
            ApiError::Parameter { parameter, .. } | ApiError::Sampling { parameter, .. } => {
                Some(parameter)
            }
            ApiError::Content { .. } | ApiError::Arguments { .. } => Some("messages"),
            ApiError::UnknownTool { .. } => Some("tool_choice"),
            _ => None,
        }
    }

    /// As OpenAI's API answers: `{"error": {"message", "type", "param", "code"}}`.
    pub fn object(&self) -> Value {
        let kind = match self {
            ApiError::Runtime(_) | ApiError::Vocabulary(_) => "server_error",
            _ => "invalid_request_error",
        };
        json!({ "error": {
            "message": self.to_string(),
            "type": kind,
            "param": self.parameter(),
            "code": self.code(),
        } })
    }
}
