//! Conversations in SQLite: kept, listed, searched, exported and imported.
//!
//! | module | holds |
//! |---|---|
//! | [`conversation`] | what is kept: conversations, messages, settings |
//! | [`command`] | everything a page can ask for, as one enum, and its replies |
//! | [`error`] | every failure |
//! | `schema` | the tables, and how older databases become newer ones |
//! | `write` | saving and deleting |
//! | `read` | lists and whole conversations |
//! | `search` | full text |
//! | `transfer` | one file out, one file in |
//!
//! The store has no clock and draws no names: callers give both, so that the same commands make the same database.

#![forbid(unsafe_code)]

pub mod command;
pub mod conversation;
pub mod error;
mod read;
mod schema;
mod search;
mod transfer;
mod write;

use rusqlite::Connection;

pub use command::{Command, Reply};
pub use error::StoreError;

/// A database of conversations.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Takes a database that was just opened: makes its tables, or brings them up to date.
    ///
    /// # Errors
    /// A database that a newer version wrote, or that SQLite cannot use.
    pub fn open(connection: Connection) -> Result<Store, StoreError> {
        let mut connection = connection;
        schema::prepare(&mut connection)?;
        Ok(Store { connection })
    }

    /// Takes a copy that [`Store::snapshot`] made, into memory.
    ///
    /// # Errors
    /// As [`Store::open`]; bytes that are no database.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Store, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact("main", bytes, bytes.len(), false)?;
        Store::open(connection)
    }

    /// The whole database as bytes.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, StoreError> {
        Ok(self.connection.serialize("main")?.to_vec())
    }

    /// Does what a command asks for, wholly or not at all.
    ///
    /// # Errors
    /// What the command names is not there, or is not sound; or SQLite failed (a full disk, a database that was damaged).
    pub fn run(&mut self, command: Command) -> Result<Reply, StoreError> {
        let transaction = self.connection.transaction()?;
        let reply = command.run(&transaction)?;
        transaction.commit()?;
        Ok(reply)
    }
}
