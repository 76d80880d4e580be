//! [`ReadAt`] for files on WASI: its positioned reads are not stable in the standard library, so the file's own position
//! moves. There are no threads that could move it in between.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use super::{ReadAt, ReadError};

impl ReadAt for File {
    fn size_bytes(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let len = into.len();
        let mut file = self;
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(into))
            .map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => ReadError::BeyondEnd {
                    offset,
                    len,
                    size: self.size_bytes(),
                },
                _ => ReadError::Io {
                    offset,
                    len,
                    source,
                },
            })
    }
}
