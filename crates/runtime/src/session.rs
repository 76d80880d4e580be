//! Saving a conversation's state, and going on with it later: the tokens, and what the model's states hold of them.
//!
//! All numbers are little-endian. A session is bound to the model's bytes and to the element type of its cache, not to
//! the length of the context or to the number of sequences.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HEARTHS1` |
//! | 8 | fingerprint of the model |
//! | 8 | fingerprint of all that follows |
//! | 4 | number of tokens `n` |
//! | 4 n | their ids |
//! | rest | the states, in the order of the graph |

use crate::engine::{Engine, SequenceId};
use crate::error::RuntimeError;
use crate::fingerprint::Fingerprint;

const MAGIC: &[u8; 8] = b"HEARTHS1";
const HEADER: usize = 24;

/// Why a session cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The bytes are no session, or not all of one, or were changed.
    #[error("the session is damaged; start the conversation again from its text")]
    Damaged,
    /// It was saved with other weights or with another type of cache.
    #[error(
        "the session was saved with another model or cache type; start the conversation again from its text"
    )]
    OtherModel,
}

impl Engine {
    /// The state of a sequence, to be restored later into the same model. Some kilobytes to megabytes a token.
    pub async fn save_session(&mut self, sequence: SequenceId) -> Result<Vec<u8>, RuntimeError> {
        self.checked_sequence(sequence)?;
        self.bring_back(std::iter::once(sequence)).await?;
        let tokens = self.checked_sequence(sequence)?.to_vec();
        let mut body = (tokens.len() as u32).to_le_bytes().to_vec();
        body.extend(tokens.iter().flat_map(|id| id.to_le_bytes()));
        let saved = self.device_mut().save(sequence.0, tokens.len(), false);
        body.extend(saved.await?);
        let mut session = MAGIC.to_vec();
        session.extend(self.fingerprint().to_le_bytes());
        session.extend(Fingerprint::of(&body).to_le_bytes());
        session.extend(body);
        Ok(session)
    }

    /// Replace a sequence by a saved one. On an error the sequence is as it was.
    pub fn restore_session(
        &mut self,
        sequence: SequenceId,
        session: &[u8],
    ) -> Result<(), RuntimeError> {
        self.checked_sequence(sequence)?;
        let (tokens, states) = parse(session, self.fingerprint())?;
        self.check_tokens(&tokens)?;
        self.info().check_length(tokens.len())?;
        if states.len() != self.device_mut().saved_bytes(tokens.len()) {
            return Err(SessionError::Damaged.into());
        }
        self.device_mut()
            .restore(sequence.0, tokens.len(), false, states);
        self.set_sequence(sequence, tokens);
        Ok(())
    }
}

/// The tokens and the states' bytes of a session.
fn parse(session: &[u8], model: u64) -> Result<(Vec<u32>, &[u8]), SessionError> {
    let (header, body) = session
        .split_at_checked(HEADER)
        .ok_or(SessionError::Damaged)?;
    let (magic, fingerprints) = header.split_at(MAGIC.len());
    let (of_model, of_body) = fingerprints.split_at(8);
    if magic != MAGIC || of_body != Fingerprint::of(body).to_le_bytes() {
        return Err(SessionError::Damaged);
    }
    if of_model != model.to_le_bytes() {
        return Err(SessionError::OtherModel);
    }
    let (count, rest) = body.split_first_chunk().ok_or(SessionError::Damaged)?;
    let ids = usize::try_from(u32::from_le_bytes(*count))
        .ok()
        .and_then(|n| rest.split_at_checked(n.checked_mul(4)?));
    let (ids, states) = ids.ok_or(SessionError::Damaged)?;
    let (ids, _) = ids.as_chunks();
    let tokens = ids.iter().map(|id| u32::from_le_bytes(*id)).collect();
    Ok((tokens, states))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_sessions_are_errors() {
        let body = [2u8, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 9, 9];
        let mut session = MAGIC.to_vec();
        session.extend(7u64.to_le_bytes());
        session.extend(Fingerprint::of(&body).to_le_bytes());
        session.extend(body);
        assert_eq!(parse(&session, 7), Ok((vec![5, 6], &[9, 9][..])));
        assert_eq!(parse(&session, 8), Err(SessionError::OtherModel));
        for end in 0..session.len() {
            assert_eq!(parse(&session[..end], 7), Err(SessionError::Damaged));
        }
        for byte in (0..session.len()).filter(|b| !(8..16).contains(b)) {
            let mut changed = session.clone();
            changed[byte] ^= 1;
            assert_eq!(parse(&changed, 7), Err(SessionError::Damaged), "{byte}");
        }
    }

    #[test]
    fn counts_beyond_the_end_are_errors() {
        let body = u32::MAX.to_le_bytes();
        let mut session = MAGIC.to_vec();
        session.extend(7u64.to_le_bytes());
        session.extend(Fingerprint::of(&body).to_le_bytes());
        session.extend(body);
        assert_eq!(parse(&session, 7), Err(SessionError::Damaged));
    }
}
