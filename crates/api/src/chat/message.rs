//! The turns of a conversation, as OpenAI's API has them, and as chat templates read them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tool::ChatToolCall;
use crate::error::ApiError;

/// One turn. What an answer has beside these fields may be given back with it, and is not read.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatMessage {
    /// What the model is to be and to do.
    System {
        /// The text.
        content: ChatContent,
    },
    /// The same, in OpenAI's newer name.
    Developer {
        /// The text.
        content: ChatContent,
    },
    /// What a person says.
    User {
        /// The text.
        content: ChatContent,
    },
    /// What the model said, or is to go on from.
    Assistant {
        /// The text; none where it only called tools.
        #[cfg_attr(feature = "typescript", tsify(optional, type = "ChatContent | null"))]
        #[serde(default)]
        content: Option<ChatContent>,
        /// What it thought before.
        #[cfg_attr(feature = "typescript", tsify(optional, type = "string | null"))]
        #[serde(default)]
        reasoning_content: Option<String>,
        /// The tools that it called.
        #[cfg_attr(feature = "typescript", tsify(optional))]
        #[serde(default)]
        tool_calls: Option<Vec<ChatToolCall>>,
    },
    /// What a tool answered.
    Tool {
        /// The answer.
        content: ChatContent,
        /// The call that is answered.
        tool_call_id: String,
    },
}

/// A text, whole or in parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatContent {
    /// Whole.
    Text(String),
    /// In parts, which are joined.
    Parts(Vec<ChatContentPart>),
}

/// A part of a message. Parts that are not text are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum ChatContentPart {
    /// A text.
    Text {
        /// It.
        text: String,
    },
    /// What the model refused with.
    Refusal {
        /// The text.
        refusal: String,
    },
    /// A picture: not supported.
    ImageUrl,
    /// A sound: not supported.
    InputAudio,
    /// A file: not supported.
    File,
}

impl ChatContent {
    /// All its text.
    pub fn text(&self) -> Result<String, ApiError> {
        let parts = match self {
            ChatContent::Text(text) => return Ok(text.clone()),
            ChatContent::Parts(parts) => parts,
        };
        let mut all = String::new();
        for part in parts {
            let kind = match part {
                ChatContentPart::Text { text } | ChatContentPart::Refusal { refusal: text } => {
                    all.push_str(text);
                    continue;
                }
                ChatContentPart::ImageUrl => "image_url",
                ChatContentPart::InputAudio => "input_audio",
                ChatContentPart::File => "file",
            };
            return Err(ApiError::Content { kind });
        }
        Ok(all)
    }
}

impl ChatMessage {
    /// As chat templates read it: one text, the arguments of calls as objects.
    pub fn for_template(&self) -> Result<Value, ApiError> {
        Ok(match self {
            ChatMessage::System { content } | ChatMessage::Developer { content } => {
                json!({ "role": "system", "content": content.text()? })
            }
            ChatMessage::User { content } => json!({ "role": "user", "content": content.text()? }),
            ChatMessage::Tool {
                content,
                tool_call_id,
            } => {
                json!({ "role": "tool", "content": content.text()?, "tool_call_id": tool_call_id })
            }
            ChatMessage::Assistant {
                content,
                reasoning_content,
                tool_calls,
            } => {
                let mut turn = Map::new();
                turn.insert("role".to_owned(), "assistant".into());
                let content = content.as_ref().map(ChatContent::text).transpose()?;
                // Templates concatenate it without a look.
                turn.insert("content".to_owned(), content.unwrap_or_default().into());
                if let Some(reasoning) = reasoning_content {
                    turn.insert("reasoning_content".to_owned(), reasoning.as_str().into());
                }
                let calls = tool_calls.iter().flatten().map(ChatToolCall::for_template);
                let calls: Vec<Value> = calls.collect::<Result<_, _>>()?;
                if !calls.is_empty() {
                    turn.insert("tool_calls".to_owned(), calls.into());
                }
                Value::Object(turn)
            }
        })
    }

    /// Whether it begins a turn of the conversation that can be dropped with all that answers it.
    pub fn is_user(&self) -> bool {
        matches!(self, ChatMessage::User { .. })
    }

    /// Whether it says what the model is to be: such messages are never dropped.
    pub fn is_system(&self) -> bool {
        matches!(
            self,
            ChatMessage::System { .. } | ChatMessage::Developer { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: Value) -> Result<Value, ApiError> {
        let message: ChatMessage = serde_json::from_value(json)?;
        message.for_template()
    }

    #[test]
    fn parts_are_joined_and_others_than_text_are_refused() {
        let parts = json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }]);
        let user = read(json!({ "role": "user", "content": parts })).expect("text");
        assert_eq!(user, json!({ "role": "user", "content": "ab" }));
        let picture = json!([{ "type": "image_url", "image_url": { "url": "data:" } }]);
        let error = read(json!({ "role": "user", "content": picture })).expect_err("a picture");
        assert_eq!(error.code(), "unsupported_content");
        assert!(read(json!({ "role": "nobody", "content": "" })).is_err());
    }

    #[test]
    fn an_answer_can_be_given_back_as_it_came() {
        let answer = json!({ "role": "assistant", "content": null, "refusal": null, "annotations": [],
            "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": "{\"x\": 1}" } }] });
        let turn = read(answer).expect("an answer");
        let calls = json!([{ "id": "a", "type": "function", "function": { "name": "f", "arguments": { "x": 1 } } }]);
        assert_eq!(
            turn,
            json!({ "role": "assistant", "content": "", "tool_calls": calls })
        );
    }

    #[test]
    fn arguments_that_are_no_object_are_an_error() {
        for arguments in ["", "[1]", "{"] {
            let call = json!({ "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } });
            let error =
                read(json!({ "role": "assistant", "tool_calls": [call] })).expect_err(arguments);
            assert!(error.to_string().contains("`f`"));
        }
    }
}
