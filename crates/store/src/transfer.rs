//! One file out, one file in: JSON with a version, that other programs can read.

use std::collections::HashSet;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::command::Reply;
use crate::conversation::WholeConversation;
use crate::error::StoreError;
use crate::{read, write};

/// The newest version of it.
const VERSION: u32 = 1;

/// The beginning of the file, which tells whether the rest can be read.
#[derive(Serialize, Deserialize)]
struct Head {
    format: Format,
    version: u32,
}

/// Only this word.
#[derive(Serialize, Deserialize)]
enum Format {
    #[serde(rename = "hearth-conversations")]
    Hearth,
}

#[derive(Serialize, Deserialize)]
struct File {
    #[serde(flatten)]
    head: Head,
    conversations: Vec<WholeConversation>,
}

/// Conversations as one text, oldest first.
pub(crate) fn export(db: &Connection, ids: Option<Vec<String>>) -> Result<String, StoreError> {
    let ids = ids.map_or_else(|| read::ids(db), Ok)?;
    let conversations: Result<Vec<_>, _> = ids.iter().map(|id| read::whole(db, id)).collect();
    let head = Head {
        format: Format::Hearth,
        version: VERSION,
    };
    let file = File {
        head,
        conversations: conversations?,
    };
    Ok(serde_json::to_string_pretty(&file)?)
}

/// Takes conversations in, all of them or none.
pub(crate) fn import(db: &Connection, text: &str) -> Result<Reply, StoreError> {
    let head: Head = serde_json::from_str(text)?;
    if head.version > VERSION {
        return Err(StoreError::NewerExport {
            found: head.version,
            known: VERSION,
        });
    }
    let file: File = serde_json::from_str(text)?;
    let (mut added, mut replaced, mut kept) = (0, 0, 0);
    for whole in &file.conversations {
        check_order(whole)?;
        let here: Option<i64> = updated_at(db, &whole.conversation.id)?;
        match here {
            Some(here) if here >= whole.conversation.updated_at => {
                kept += 1;
                continue;
            }
            Some(_) => {
                write::delete(db, &whole.conversation.id)?;
                replaced += 1;
            }
            None => added += 1,
        }
        write::conversation(db, &whole.conversation)?;
        for message in &whole.messages {
            write::message(db, &whole.conversation.id, message)?;
        }
        if let Some(head) = &whole.conversation.head {
            write::set_head(db, &whole.conversation.id, head)?;
        }
    }
    Ok(Reply::Imported {
        added,
        replaced,
        kept,
    })
}

/// Each message stands after the one that it follows.
fn check_order(whole: &WholeConversation) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    for message in &whole.messages {
        let parent = message.parent.as_deref();
        if let Some(parent) = parent.filter(|&parent| !seen.contains(parent)) {
            return Err(StoreError::ImportedParent {
                message: message.id.as_str().into(),
                parent: parent.into(),
            });
        }
        seen.insert(message.id.as_str());
    }
    Ok(())
}

/// When something was last said in a conversation that is here.
fn updated_at(db: &Connection, id: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT updated_at FROM conversation WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}
