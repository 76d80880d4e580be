//! A file that appears under its name only when it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::CliError;

/// Bytes gathered before they go to the system.
const BUFFER_BYTES: usize = 1 << 20;

/// A file being written beside its place. Dropped before [`NewFile::keep`], it vanishes.
#[derive(Debug)]
pub(crate) struct NewFile {
    out: BufWriter<File>,
    /// Where it will be.
    path: PathBuf,
    /// Where it is; `None` once it is in its place.
    partial: Option<PathBuf>,
}

impl NewFile {
    /// Begin to write the file `path`; one that is there stays until the new one is complete.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        let failed = failed(path);
        let Some(name) = path.file_name() else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it has no file name");
            return Err(failed(source));
        };
        if path.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let mut partial_name = name.to_owned();
        partial_name.push(format!(".{}.partial", std::process::id()));
        let partial = path.with_file_name(partial_name);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&partial);
        Ok(NewFile {
            out: BufWriter::with_capacity(BUFFER_BYTES, file.map_err(failed)?),
            path: path.to_owned(),
            partial: Some(partial),
        })
    }

    /// The failure of a write.
    pub(crate) fn failed(&self, source: io::Error) -> CliError {
        failed(&self.path)(source)
    }

    /// Put the complete file into its place.
    pub(crate) fn keep(mut self) -> Result<(), CliError> {
        self.out.flush().map_err(failed(&self.path))?;
        if let Some(partial) = &self.partial {
            std::fs::rename(partial, &self.path).map_err(failed(&self.path))?;
        }
        self.partial = None;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // What is left of it is told by its name.
            let _ = std::fs::remove_file(partial);
        }
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> CliError + Copy + '_ {
    move |source| CliError::Write {
        path: path.to_owned(),
        source,
    }
}
