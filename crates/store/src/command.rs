//! Everything a page can ask for, and what it gets.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::conversation::{Conversation, Message, WholeConversation};
use crate::error::StoreError;
use crate::{read, search, transfer, write};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Command {
    /// The conversations in order: pinned ones, then the newest. Replies with `conversations`.
    List {
        /// How many to leave out at the beginning.
        #[serde(default)]
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// One conversation with its messages. Replies with `conversation`.
    Read {
        /// Which.
        id: String,
    },
    /// Keep a conversation: a new one, or all of an old one but its messages.
    SaveConversation {
        /// It.
        conversation: Conversation,
    },
    /// Keep a message: a new one, or what an old one says by now. It becomes the conversation's last one that the person sees.
    SaveMessage {
        /// The conversation.
        conversation: String,
        /// The message.
        message: Message,
        /// The time, for the conversation's order.
        now: i64,
    },
    /// Show another branch.
    SetHead {
        /// The conversation.
        conversation: String,
        /// The last message of the branch.
        message: String,
    },
    /// Delete a conversation with all of its messages.
    Delete {
        /// Which.
        id: String,
    },
    /// Delete all conversations.
    DeleteAll,
    /// Find words in titles and messages. Replies with `hits`.
    Search {
        /// Words, or parts of words; all of them have to be found.
        text: String,
        /// How many hits at most.
        limit: u32,
    },
    /// Put conversations into one text. Replies with `exported`.
    Export {
        /// Which; all, if it is left out.
        #[serde(default)]
        ids: Option<Vec<String>>,
    },
    /// Take conversations out of such a text. One that is here already is replaced if the file's is newer. Replies with `imported`.
    Import {
        /// The text.
        text: String,
    },
    /// How much there is. Replies with `statistics`.
    Statistics,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(hashmap_as_object))]
pub enum Reply {
    /// It is done.
    Done,
    /// A part of the list.
    Conversations {
        /// In order.
        conversations: Vec<Conversation>,
        /// How many there are in all.
        total: u32,
    },
    /// One conversation.
    Conversation {
        /// It.
        conversation: Box<WholeConversation>,
    },
    /// What was found.
    Hits {
        /// The best ones first.
        hits: Vec<Hit>,
    },
    /// All that was asked for, as one text.
    Exported {
        /// JSON.
        text: String,
    },
    /// What came of an import.
    Imported {
        /// Conversations that are new here.
        added: u32,
        /// Conversations that were older here.
        replaced: u32,
        /// Conversations that were as new, or newer, here.
        kept: u32,
    },
    /// How much there is.
    Statistics {
        /// Conversations.
        conversations: u32,
        /// Messages of all branches.
        messages: u32,
        /// The database's size.
        bytes: u64,
    },
}

/// A place where words were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Hit {
    /// The conversation.
    pub conversation: String,
    /// Its title.
    pub title: String,
    /// The message; none where the title has the words.
    pub message: Option<String>,
    /// The text around the first of the words.
    pub excerpt: String,
}

impl Command {
    /// Does it, within a transaction of the caller's.
    pub(crate) fn run(self, db: &Connection) -> Result<Reply, StoreError> {
        match self {
            Command::List { offset, limit } => read::list(db, offset, limit),
            Command::Read { id } => read::whole(db, &id).map(|conversation| Reply::Conversation {
                conversation: Box::new(conversation),
            }),
            Command::SaveConversation { conversation } => {
                write::conversation(db, &conversation)?;
                Ok(Reply::Done)
            }
            Command::SaveMessage {
                conversation,
                message,
                now,
            } => {
                write::message(db, &conversation, &message)?;
                write::touch(db, &conversation, &message.id, now)?;
                Ok(Reply::Done)
            }
            Command::SetHead {
                conversation,
                message,
            } => {
                write::set_head(db, &conversation, &message)?;
                Ok(Reply::Done)
            }
            Command::Delete { id } => {
                write::delete(db, &id)?;
                Ok(Reply::Done)
            }
            Command::DeleteAll => {
                db.execute("DELETE FROM conversation", [])?;
                Ok(Reply::Done)
            }
            Command::Search { text, limit } => {
                search::search(db, &text, limit).map(|hits| Reply::Hits { hits })
            }
            Command::Export { ids } => {
                transfer::export(db, ids).map(|text| Reply::Exported { text })
            }
            Command::Import { text } => transfer::import(db, &text),
            Command::Statistics => read::statistics(db),
        }
    }
}
