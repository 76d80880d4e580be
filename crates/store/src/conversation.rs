//! What is kept: conversations and their messages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A conversation, without its messages. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Conversation {
    /// Its name for programs: unique among all, for ever.
    pub id: String,
    /// Its name for the person.
    pub title: String,
    /// Whether it stands before the others.
    #[serde(default)]
    pub is_pinned: bool,
    /// When it began.
    pub created_at: i64,
    /// When something was last said in it.
    pub updated_at: i64,
    /// The model that answers in it, if one was chosen.
    #[serde(default)]
    pub model: Option<String>,
    /// What the model is told before it.
    #[serde(default)]
    pub system_prompt: String,
    /// Settings of its answers, as the page has them.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(type = "Record<string, unknown>"))]
    pub settings: Map<String, Value>,
    /// The last message of the branch that the person sees.
    #[serde(default)]
    pub head: Option<String>,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

impl Role {
    /// As it is kept.
    pub(crate) const ALL: [(Role, &str); 3] = [
        (Role::User, "user"),
        (Role::Assistant, "assistant"),
        (Role::Tool, "tool"),
    ];
}

/// How far an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Status {
    /// It is whole.
    Complete,
    /// It is being written; after a crash or a closed tab, it was.
    Writing,
    /// The person stopped it.
    Stopped,
    /// It was as long as it may be.
    Cut,
    /// It failed; `details.error` says why.
    Failed,
}

impl Status {
    /// As it is kept.
    pub(crate) const ALL: [(Status, &str); 5] = [
        (Status::Complete, "complete"),
        (Status::Writing, "writing"),
        (Status::Stopped, "stopped"),
        (Status::Cut, "cut"),
        (Status::Failed, "failed"),
    ];
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Message {
    /// Its name for programs: unique among all, for ever.
    pub id: String,
    /// The message that it follows; none for the first. Several may follow the same one: each edit begins a branch.
    #[serde(default)]
    pub parent: Option<String>,
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// What the model thought before it.
    #[serde(default)]
    pub reasoning: String,
    /// How far it came.
    pub status: Status,
    /// When it began.
    pub created_at: i64,
    /// What else the page keeps of it: calls of tools, attachments, usage, speed, the model.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(type = "Record<string, unknown>"))]
    pub details: Map<String, Value>,
}

/// A conversation with all of its messages, each after the one that it follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct WholeConversation {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// Its messages, of all branches.
    pub messages: Vec<Message>,
}
