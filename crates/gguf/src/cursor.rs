//! Reads a header front to back through a window that grows, so that a small header costs one small read and a large
//! one few large reads.

use crate::{GgufError, ReadAt};

/// The most that metadata and tensor directory may take: several times the largest vocabularies in use.
///
/// Without it a file that is really 20 GB long could make the parser hold 20 GB.
pub const MAX_HEADER_BYTES: u64 = 128 << 20;

/// Read at first: the whole header of a file with a small vocabulary.
const FIRST_WINDOW: usize = 64 << 10;
/// The window doubles up to this, unless one item is longer.
const LAST_WINDOW: usize = 4 << 20;

/// A position in the header of a file.
pub(crate) struct Cursor<'a> {
    source: &'a dyn ReadAt,
    size: u64,
    window: Vec<u8>,
    window_offset: u64,
    pos: usize,
    next_window: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: &'a dyn ReadAt) -> Self {
        Cursor {
            source,
            size: source.size_bytes(),
            window: Vec::new(),
            window_offset: 0,
            pos: 0,
            next_window: FIRST_WINDOW,
        }
    }

    /// Offset in the file of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.window_offset.saturating_add(self.pos as u64)
    }

    /// Size of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that a header may still take: up to the end of the file or to the limit.
    pub(crate) fn remaining(&self) -> u64 {
        self.size
            .min(MAX_HEADER_BYTES)
            .saturating_sub(self.offset())
    }

    /// The next `n` bytes; `what` names them in the error.
    pub(crate) fn take(&mut self, n: usize, what: &'static str) -> Result<&[u8], GgufError> {
        if self.window.len().saturating_sub(self.pos) < n {
            self.refill(n, what)?;
        }
        let (start, end) = (self.pos, self.pos.saturating_add(n));
        let at = self.offset();
        let bytes = self.window.get(start..end).ok_or(GgufError::Truncated {
            what,
            offset: at,
            needed: n as u64,
            size: self.size,
        })?;
        self.pos = end;
        Ok(bytes)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], GgufError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N, what)?);
        Ok(bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    fn refill(&mut self, n: usize, what: &'static str) -> Result<(), GgufError> {
        let offset = self.offset();
        let in_file = self.size.saturating_sub(offset);
        if n as u64 > in_file {
            return Err(GgufError::Truncated {
                what,
                offset,
                needed: n as u64,
                size: self.size,
            });
        }
        let allowed = self.remaining();
        if n as u64 > allowed {
            return Err(GgufError::HeaderTooLarge {
                offset,
                max: MAX_HEADER_BYTES,
            });
        }
        let kept = self.window.len().saturating_sub(self.pos);
        self.window.drain(..self.pos);
        self.window_offset = offset;
        self.pos = 0;
        let want = usize::try_from(allowed)
            .unwrap_or(usize::MAX)
            .min(self.next_window.max(n));
        self.window.resize(want, 0);
        let fresh = self.window.get_mut(kept..).unwrap_or_default();
        let read = self
            .source
            .read_exact_at(offset.saturating_add(kept as u64), fresh);
        if let Err(source) = read {
            self.window.truncate(kept);
            return Err(GgufError::Read { what, source });
        }
        self.next_window = self.next_window.saturating_mul(2).min(LAST_WINDOW);
        Ok(())
    }
}
