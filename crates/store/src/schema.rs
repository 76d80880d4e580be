//! The tables, and how older databases become newer ones. `PRAGMA user_version` counts the steps that were taken.

use rusqlite::Connection;

use crate::error::StoreError;

/// The steps, oldest first; one that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/1.sql")];

/// Makes the tables, or takes the steps that are missing, each wholly or not at all.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    // What is deleted is overwritten: a conversation that the person deleted is not to be found in the file.
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON;",
    )?;
    let known = MIGRATIONS.len() as i64;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(version)
        .ok()
        .filter(|&done| done <= MIGRATIONS.len());
    let Some(done) = done else {
        return Err(StoreError::Newer {
            found: version,
            known,
        });
    };
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
