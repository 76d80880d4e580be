//! Tools that the model may call, and which of them it must.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// A tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatTool {
    /// A function.
    Function {
        /// What it is.
        function: ChatFunction,
    },
}

/// A function that the model may call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatFunction {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON schema of its arguments; without one it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(type = "Record<string, unknown>"))]
    pub parameters: Option<Value>,
    /// Whether the arguments must follow the schema whenever the model calls it, which holds in forms that mark their calls (all but
    /// Llama 3's, Gemma's and those in words). Calls that are required always do.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "typescript", tsify(type = "boolean | null"))]
    pub strict: Option<bool>,
}

impl ChatFunction {
    /// As chat templates read it: many take for granted what may be left out.
    pub(super) fn for_template(&self) -> Value {
        let none = json!({ "type": "object", "properties": {} });
        let function = json!({
            "name": self.name,
            "description": self.description.as_deref().unwrap_or_default(),
            "parameters": self.parameters.as_ref().unwrap_or(&none),
        });
        json!({ "type": "function", "function": function })
    }

    /// The JSON schema that its arguments follow.
    pub fn schema(&self) -> Value {
        let none = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
        self.parameters.clone().unwrap_or_else(none)
    }
}

/// A call of a tool in an assistant's message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatToolCall {
    /// Names the call, for the message that answers it.
    pub id: String,
    /// `function`.
    #[serde(rename = "type", default = "function")]
    #[cfg_attr(feature = "typescript", tsify(type = "\"function\""))]
    pub kind: String,
    /// What was called.
    pub function: ChatCalledFunction,
}

fn function() -> String {
    "function".to_owned()
}

/// What was called.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatCalledFunction {
    /// The function.
    pub name: String,
    /// Its arguments, as JSON text.
    pub arguments: String,
}

impl ChatToolCall {
    /// As chat templates read it: the arguments are an object.
    pub(super) fn for_template(&self) -> Result<Value, ApiError> {
        let ChatCalledFunction { name, arguments } = &self.function;
        let object: Map<String, Value> =
            serde_json::from_str(arguments).map_err(|_| ApiError::Arguments {
                name: name.as_str().into(),
            })?;
        let function = json!({ "name": name, "arguments": object });
        Ok(json!({ "id": self.id, "type": "function", "function": function }))
    }
}

/// Whether tools are called.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatToolChoice {
    /// As the model likes, never, or at least one.
    Mode(ChatToolMode),
    /// This one.
    Named(ChatNamedTool),
}

/// Whether tools are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatToolMode {
    /// As the model likes.
    Auto,
    /// Never; the model does not see them.
    None,
    /// At least one.
    Required,
}

/// A tool that must be called.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatNamedTool {
    /// A function.
    Function {
        /// Which.
        function: ChatFunctionName,
    },
}

/// The name of a function.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ChatFunctionName {
    /// It.
    pub name: String,
}
