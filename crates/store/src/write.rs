//! Saving and deleting.

use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::{Map, Value};

use crate::conversation::{Conversation, Message, Role, Status};
use crate::error::StoreError;

/// Keeps a conversation: a new one, or all of an old one but its messages. A head that is not there (yet) is none.
pub(crate) fn conversation(db: &Connection, it: &Conversation) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "INSERT INTO conversation (id, title, is_pinned, created_at, updated_at, model, system_prompt, settings, head)
         VALUES (:id, :title, :is_pinned, :created_at, :updated_at, :model, :system_prompt, :settings,
                 (SELECT id FROM message WHERE id = :head AND conversation = :id))
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, is_pinned = excluded.is_pinned, updated_at = excluded.updated_at,
             model = excluded.model, system_prompt = excluded.system_prompt, settings = excluded.settings, head = excluded.head",
    )?;
    statement.execute(named_params! {
        ":id": it.id,
        ":title": it.title,
        ":is_pinned": it.is_pinned,
        ":created_at": it.created_at,
        ":updated_at": it.updated_at,
        ":model": it.model,
        ":system_prompt": it.system_prompt,
        ":settings": json(&it.settings),
        ":head": it.head,
    })?;
    Ok(())
}

/// Keeps a message: a new one, or what an old one says by now.
pub(crate) fn message(db: &Connection, conversation: &str, it: &Message) -> Result<(), StoreError> {
    check_place(db, conversation, it)?;
    let mut statement = db.prepare_cached(
        "INSERT INTO message (id, conversation, parent, role, content, reasoning, status, created_at, details)
         VALUES (:id, :conversation, :parent, :role, :content, :reasoning, :status, :created_at, :details)
         ON CONFLICT (id) DO UPDATE SET content = excluded.content, reasoning = excluded.reasoning, status = excluded.status,
             details = excluded.details",
    )?;
    statement.execute(named_params! {
        ":id": it.id,
        ":conversation": conversation,
        ":parent": it.parent,
        ":role": word(&Role::ALL, it.role),
        ":content": it.content,
        ":reasoning": it.reasoning,
        ":status": word(&Status::ALL, it.status),
        ":created_at": it.created_at,
        ":details": json(&it.details),
    })?;
    Ok(())
}

/// A message belongs to a conversation that is there, follows a message of it, and stays where it is: so there are no circles.
fn check_place(db: &Connection, conversation: &str, it: &Message) -> Result<(), StoreError> {
    let is_there = db
        .prepare_cached("SELECT 1 FROM conversation WHERE id = ?1")?
        .exists([conversation])?;
    if !is_there {
        return Err(StoreError::NoConversation(conversation.into()));
    }
    if let Some(parent) = &it.parent {
        check_message(db, conversation, parent)?;
    }
    let known = db
        .prepare_cached("SELECT conversation, parent FROM message WHERE id = ?1")?
        .query_row([&it.id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    match known {
        Some((kept, parent)) if kept != conversation || parent != it.parent => {
            Err(StoreError::Moved(it.id.as_str().into()))
        }
        _ => Ok(()),
    }
}

fn check_message(db: &Connection, conversation: &str, message: &str) -> Result<(), StoreError> {
    let is_there = db
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND conversation = ?2")?
        .exists([message, conversation])?;
    if is_there {
        return Ok(());
    }
    Err(StoreError::NoMessage {
        message: message.into(),
        conversation: conversation.into(),
    })
}

/// Notes what was said last, and when.
pub(crate) fn touch(
    db: &Connection,
    conversation: &str,
    head: &str,
    now: i64,
) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE conversation SET head = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((conversation, head, now))?;
    Ok(())
}

/// Shows the branch that ends with a message.
pub(crate) fn set_head(
    db: &Connection,
    conversation: &str,
    message: &str,
) -> Result<(), StoreError> {
    check_message(db, conversation, message)?;
    db.prepare_cached("UPDATE conversation SET head = ?2 WHERE id = ?1")?
        .execute((conversation, message))?;
    Ok(())
}

/// Deletes a conversation; its messages go with it.
pub(crate) fn delete(db: &Connection, id: &str) -> Result<(), StoreError> {
    let deleted = db.execute("DELETE FROM conversation WHERE id = ?1", [id])?;
    if deleted == 0 {
        return Err(StoreError::NoConversation(id.into()));
    }
    Ok(())
}

/// The word that a value is kept as.
fn word<T: Copy + PartialEq>(all: &[(T, &'static str)], value: T) -> &'static str {
    let found = all.iter().find(|(one, _)| *one == value);
    found.map_or("", |(_, word)| word)
}

fn json(fields: &Map<String, Value>) -> String {
    // `Value`'s own text; a map of values always has one.
    Value::Object(fields.clone()).to_string()
}
