//! [`ReadAt`] for files: `pread`, which leaves the file's position alone.

use std::{fs::File, io, os::unix::fs::FileExt};

use super::{ReadAt, ReadError};

impl ReadAt for File {
    fn size_bytes(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let len = into.len();
        FileExt::read_exact_at(self, into, offset).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::BeyondEnd {
                offset,
                len,
                size: self.size_bytes(),
            },
            io::ErrorKind::NotFound => ReadError::Vanished { offset, len },
            _ => ReadError::Io {
                offset,
                len,
                source,
            },
        })
    }

    fn as_shared(&self) -> Option<&(dyn ReadAt + Sync)> {
        Some(self)
    }
}
