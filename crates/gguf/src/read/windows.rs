//! [`ReadAt`] for files: `ReadFile` with an offset. It moves the file's position, which nothing here relies on, also not
//! when several threads read.

use std::{fs::File, io, os::windows::fs::FileExt};

use super::{ReadAt, ReadError};

impl ReadAt for File {
    fn size_bytes(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let len = into.len();
        let (mut at, mut rest) = (offset, into);
        while !rest.is_empty() {
            match self.seek_read(rest, at) {
                Ok(0) => {
                    return Err(ReadError::BeyondEnd {
                        offset,
                        len,
                        size: self.size_bytes(),
                    });
                }
                Ok(n) => {
                    rest = rest.get_mut(n..).unwrap_or_default();
                    at = at.saturating_add(n as u64);
                }
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                Err(source) if source.kind() == io::ErrorKind::NotFound => {
                    return Err(ReadError::Vanished { offset, len });
                }
                Err(source) => {
                    return Err(ReadError::Io {
                        offset,
                        len,
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    fn as_shared(&self) -> Option<&(dyn ReadAt + Sync)> {
        Some(self)
    }
}
