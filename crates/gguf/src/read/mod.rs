//! Random access to bytes: a file, a buffer, a browser `File`, a URL read by range.

use std::{error::Error, rc::Rc, sync::Arc};

#[cfg(unix)]
mod unix;
#[cfg(target_os = "wasi")]
mod wasi;
#[cfg(windows)]
mod windows;

/// Bytes that can be read at any offset, without a position of their own.
///
/// Not `Send`, because JavaScript handles are not; ask for `ReadAt + Send + Sync` where threads read.
pub trait ReadAt {
    /// The number of bytes there; 0 if the source can no longer tell.
    fn size_bytes(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on. On an error the contents of `into` are unspecified.
    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError>;

    /// The same bytes for several threads at once, where they can read them.
    fn as_shared(&self) -> Option<&(dyn ReadAt + Sync)> {
        None
    }
}

/// Why bytes could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system refused.
    #[error("reading {len} bytes at offset {offset} failed: {source}")]
    Io {
        /// First byte wanted.
        offset: u64,
        /// Bytes wanted.
        len: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// The range ends after the last byte: it was never there, or the file shrank since it was opened.
    #[error(
        "{len} bytes at offset {offset} end beyond the {size} bytes there; the file is cut off or has changed"
    )]
    BeyondEnd {
        /// First byte wanted.
        offset: u64,
        /// Bytes wanted.
        len: usize,
        /// Bytes there now.
        size: u64,
    },
    /// The source is gone: deleted, replaced, unplugged, or the permission to read it was withdrawn.
    #[error(
        "the source vanished before the {len} bytes at offset {offset} were read; open the file again"
    )]
    Vanished {
        /// First byte wanted.
        offset: u64,
        /// Bytes wanted.
        len: usize,
    },
    /// A source of another kind (network, browser storage) failed.
    #[error("reading {len} bytes at offset {offset} failed ({code}): {source}")]
    Source {
        /// First byte wanted.
        offset: u64,
        /// Bytes wanted.
        len: usize,
        /// A stable name of the failure, for programs; the source defines it.
        code: &'static str,
        /// What the source said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ReadAt for [u8] {
    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(into.len())?))
            .ok_or(ReadError::BeyondEnd {
                offset,
                len: into.len(),
                size: self.size_bytes(),
            })?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size_bytes(&self) -> u64 {
        self.as_slice().size_bytes()
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        self.as_slice().read_exact_at(offset, into)
    }

    fn as_shared(&self) -> Option<&(dyn ReadAt + Sync)> {
        Some(self)
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {
        $(impl<T: ReadAt + ?Sized> ReadAt for $pointer {
            fn size_bytes(&self) -> u64 {
                (**self).size_bytes()
            }

            fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
                (**self).read_exact_at(offset, into)
            }

            fn as_shared(&self) -> Option<&(dyn ReadAt + Sync)> {
                (**self).as_shared()
            }
        })*
    };
}

pointers!(&T, Box<T>, Rc<T>, Arc<T>);

#[cfg(test)]
mod tests;
