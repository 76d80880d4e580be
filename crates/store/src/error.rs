//! Every failure. [`StoreError::code`] is stable.

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite failed.
    #[error("the conversations cannot be reached: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database is of a version that this program does not know.
    #[error(
        "the conversations were kept by a newer version ({found}, this one knows {known}): reload the page to get it"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest one that is known.
        known: i64,
    },
    /// No conversation has that name.
    #[error("there is no conversation `{0}`: it was deleted")]
    NoConversation(Box<str>),
    /// No message has that name, or another conversation does.
    #[error("there is no message `{message}` in the conversation `{conversation}`")]
    NoMessage {
        /// The message.
        message: Box<str>,
        /// The conversation.
        conversation: Box<str>,
    },
    /// What is imported is no export.
    #[error("the file is no export of conversations: {0}")]
    NotAnExport(#[from] serde_json::Error),
    /// What is imported is an export of a newer version.
    #[error(
        "the file was exported by a newer version (format {found}, this one reads up to {known}): reload the page to get it"
    )]
    NewerExport {
        /// The file's version.
        found: u32,
        /// The newest one that is known.
        known: u32,
    },
    /// A message of an import has a parent that does not stand before it.
    #[error(
        "message `{message}` of the file follows `{parent}`, which does not stand before it in the same conversation: the file is damaged"
    )]
    ImportedParent {
        /// The message.
        message: Box<str>,
        /// What it follows.
        parent: Box<str>,
    },
    /// A message would follow another one than it did.
    #[error("the message `{0}` is kept already, in another place: give the new one another name")]
    Moved(Box<str>),
}

impl StoreError {
    /// A name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Database(error) => database_code(error),
            StoreError::Newer { .. } => "store_newer",
            StoreError::NoConversation(_) => "no_conversation",
            StoreError::NoMessage { .. } => "no_message",
            StoreError::NotAnExport(_) => "not_an_export",
            StoreError::NewerExport { .. } => "export_newer",
            StoreError::ImportedParent { .. } => "export_damaged",
            StoreError::Moved(_) => "message_moved",
        }
    }
}

/// What a person can do something about has a code of its own.
fn database_code(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "quota_exceeded",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "store_damaged",
        _ => "store_failed",
    }
}
