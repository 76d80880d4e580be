//! Lists and whole conversations.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::{Map, Value};

use crate::command::Reply;
use crate::conversation::{Conversation, Message, Role, Status, WholeConversation};
use crate::error::StoreError;

/// What [`conversation`] reads, in its order.
const CONVERSATION: &str =
    "id, title, is_pinned, created_at, updated_at, model, system_prompt, settings, head";

/// A part of the list.
pub(crate) fn list(db: &Connection, offset: u32, limit: u32) -> Result<Reply, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {CONVERSATION} FROM conversation ORDER BY is_pinned DESC, updated_at DESC, id LIMIT ?1 OFFSET ?2"
    ))?;
    let rows = statement.query_map([limit, offset], conversation)?;
    let conversations = rows.collect::<Result<_, _>>()?;
    let total = count(db, "conversation")?;
    Ok(Reply::Conversations {
        conversations,
        total,
    })
}

/// A conversation and its messages: in the order in which they were first kept, so each after the one that it follows.
pub(crate) fn whole(db: &Connection, id: &str) -> Result<WholeConversation, StoreError> {
    let found = db
        .prepare_cached(&format!(
            "SELECT {CONVERSATION} FROM conversation WHERE id = ?1"
        ))?
        .query_row([id], conversation)
        .optional()?;
    let conversation = found.ok_or_else(|| StoreError::NoConversation(id.into()))?;
    let mut statement = db.prepare_cached(
        "SELECT id, parent, role, content, reasoning, status, created_at, details
         FROM message WHERE conversation = ?1 ORDER BY number",
    )?;
    let messages = statement.query_map([id], message)?;
    let messages = messages.collect::<Result<_, _>>()?;
    Ok(WholeConversation {
        conversation,
        messages,
    })
}

/// The names of all conversations, oldest first.
pub(crate) fn ids(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM conversation ORDER BY created_at, id")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How much there is.
pub(crate) fn statistics(db: &Connection) -> Result<Reply, StoreError> {
    let pragma =
        |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let bytes = pragma("page_count")?
        .saturating_mul(pragma("page_size")?)
        .unsigned_abs();
    Ok(Reply::Statistics {
        conversations: count(db, "conversation")?,
        messages: count(db, "message")?,
        bytes,
    })
}

fn count(db: &Connection, table: &'static str) -> Result<u32, StoreError> {
    Ok(
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })?,
    )
}

fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: row.get(0)?,
        title: row.get(1)?,
        is_pinned: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
        model: row.get(5)?,
        system_prompt: row.get(6)?,
        settings: fields(row, 7)?,
        head: row.get(8)?,
    })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        parent: row.get(1)?,
        role: value(&Role::ALL, row, 2)?,
        content: row.get(3)?,
        reasoning: row.get(4)?,
        status: value(&Status::ALL, row, 5)?,
        created_at: row.get(6)?,
        details: fields(row, 7)?,
    })
}

/// The value that a word of a row stands for.
fn value<T: Copy>(all: &[(T, &'static str)], row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    let found = all.iter().find(|(_, word)| *word == text);
    let unknown = || rusqlite::Error::InvalidColumnType(at, text.clone(), Type::Text);
    found.map(|(value, _)| *value).ok_or_else(unknown)
}

fn fields(row: &Row<'_>, at: usize) -> rusqlite::Result<Map<String, Value>> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
}
