//! Session files: what a model has computed, and the messages that it belongs to, kept for the next time.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HEARTHF1` |
//! | 4 | length of what follows, little-endian |
//! | … | the messages of the conversation as a JSON array; empty for a plain text |
//! | … | the engine's session |

use std::io::{ErrorKind, Write};
use std::path::Path;

use hearth_runtime::{Engine, RuntimeError, SequenceId, SessionError};
use pollster::block_on;
use serde_json::Value;

use crate::error::CliError;
use crate::new_file::NewFile;

const MAGIC: &[u8; 8] = b"HEARTHF1";

/// Go on from a session file, and give its messages. A file that is not there is an empty session.
pub(crate) fn restore(engine: &mut Engine, path: &Path) -> Result<Vec<Value>, CliError> {
    let file = match std::fs::read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            let path = path.to_owned();
            return Err(CliError::ReadFile { path, source });
        }
    };
    let failed = |source| CliError::Session {
        path: path.to_owned(),
        source,
    };
    let damaged = || failed(RuntimeError::Session(SessionError::Damaged));
    let (messages, session) = parse(&file).ok_or_else(damaged)?;
    engine
        .restore_session(SequenceId::default(), session)
        .map_err(failed)?;
    Ok(messages)
}

/// Write what the engine holds, and the messages that led to it.
pub(crate) fn save(engine: &mut Engine, path: &Path, messages: &[Value]) -> Result<(), CliError> {
    let json = serde_json::to_vec(messages).map_err(|error| CliError::Write {
        path: path.to_owned(),
        source: error.into(),
    })?;
    let session = block_on(engine.save_session(SequenceId::default()))?;
    let mut file = NewFile::create(path)?;
    // Nobody writes 4 GB of messages.
    let len = u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes();
    for part in [&MAGIC[..], &len, &json, &session] {
        file.write_all(part).map_err(|error| file.failed(error))?;
    }
    file.keep()
}

/// Messages and engine's session of a file.
fn parse(file: &[u8]) -> Option<(Vec<Value>, &[u8])> {
    let rest = file.strip_prefix(MAGIC)?;
    let (len, rest) = rest.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (json, session) = rest.split_at_checked(len)?;
    Some((serde_json::from_slice(json).ok()?, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_files_are_no_sessions() {
        let mut file = MAGIC.to_vec();
        file.extend([2, 0, 0, 0, b'[', b']', 7, 8]);
        assert_eq!(parse(&file), Some((Vec::new(), &[7, 8][..])));
        for end in 0..14 {
            assert_eq!(parse(&file[..end]), None, "{end}");
        }
    }
}
