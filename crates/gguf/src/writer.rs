//! Writes version 3 files: metadata and directory first, then tensor data as a stream.

use std::io::{self, Write};

use hearth_tensor::{DType, Shape};

use crate::{
    Array, DimsFault, Value,
    file::{DEFAULT_ALIGNMENT, KEY_ALIGNMENT, MAGIC, is_alignment},
    tensors::tensor_bytes,
};

const VERSION: u32 = 3;

/// Collects metadata and tensor directory; [`GgufWriter::begin`] writes them.
#[derive(Clone, Debug, Default)]
pub struct GgufWriter {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Planned>,
}

#[derive(Clone, Debug)]
struct Planned {
    name: String,
    dtype: DType,
    /// The contiguous dimension first, as in the file.
    ne: Vec<usize>,
    bytes: u64,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output failed.
    #[error("writing the GGUF file failed: {source}")]
    Io {
        /// Why.
        #[from]
        source: io::Error,
    },
    /// A metadata key was added twice.
    #[error("metadata key `{key}` was added twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A tensor was added twice.
    #[error("tensor `{tensor}` was added twice")]
    DuplicateTensor {
        /// The tensor.
        tensor: String,
    },
    /// The dimensions of a tensor make no sense.
    #[error("tensor `{tensor}`: {fault}")]
    BadDims {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        fault: DimsFault,
    },
    /// `general.alignment` is no `u32` that is a power of two and at least 8.
    #[error("`general.alignment` must be a u32 that is a power of two and at least 8")]
    BadAlignment,
    /// More data than the directory has room for.
    #[error("{excess} bytes too many for tensor `{tensor}`")]
    TooMuchData {
        /// The tensor being written; the last one if all are complete.
        tensor: String,
        /// Bytes beyond its end.
        excess: u64,
    },
    /// The data of a tensor is missing.
    #[error("the data of tensor `{tensor}` is incomplete: {missing} bytes are missing")]
    Incomplete {
        /// The tensor.
        tensor: String,
        /// Bytes still to come.
        missing: u64,
    },
}

impl GgufWriter {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a metadata key. `general.alignment` sets the alignment of the file; without it that is 32.
    pub fn metadata(&mut self, key: &str, value: impl Into<Value>) -> Result<(), WriteError> {
        if self.metadata.iter().any(|(other, _)| other == key) {
            return Err(WriteError::DuplicateKey {
                key: key.to_owned(),
            });
        }
        let value = value.into();
        let fits = matches!(value, Value::U32(x) if is_alignment(x.into()));
        if key == KEY_ALIGNMENT && !fits {
            return Err(WriteError::BadAlignment);
        }
        self.metadata.push((key.to_owned(), value));
        Ok(())
    }

    /// Adds a tensor to the directory. Data follows in the order of these calls.
    pub fn tensor(&mut self, name: &str, dtype: DType, shape: &Shape) -> Result<(), WriteError> {
        if self.tensors.iter().any(|other| other.name == name) {
            return Err(WriteError::DuplicateTensor {
                tensor: name.to_owned(),
            });
        }
        let ne: Vec<usize> = shape.dims().iter().rev().copied().collect();
        let bytes = tensor_bytes(dtype, &ne).map_err(|fault| WriteError::BadDims {
            tensor: name.to_owned(),
            fault,
        })?;
        self.tensors.push(Planned {
            name: name.to_owned(),
            dtype,
            ne,
            bytes,
        });
        Ok(())
    }

    /// Bytes of data that each tensor takes, in order.
    pub fn tensor_sizes(&self) -> impl ExactSizeIterator<Item = u64> {
        self.tensors.iter().map(|tensor| tensor.bytes)
    }

    fn alignment(&self) -> u64 {
        let set = self.metadata.iter().find(|(key, _)| key == KEY_ALIGNMENT);
        match set {
            Some((_, Value::U32(alignment))) => (*alignment).into(),
            _ => DEFAULT_ALIGNMENT,
        }
    }

    /// Writes everything before the tensor data.
    pub fn begin<W: Write>(self, out: W) -> Result<GgufBody<W>, WriteError> {
        let alignment = self.alignment();
        let mut header = Vec::new();
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend((self.tensors.len() as u64).to_le_bytes());
        header.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_string(&mut header, key.as_bytes());
            header.extend(value.value_type().id().to_le_bytes());
            put_value(&mut header, value);
        }
        let mut offset = 0u64;
        for tensor in &self.tensors {
            put_string(&mut header, tensor.name.as_bytes());
            let n_dims = u32::try_from(tensor.ne.len()).unwrap_or(u32::MAX);
            header.extend(n_dims.to_le_bytes());
            for &n in &tensor.ne {
                header.extend((n as u64).to_le_bytes());
            }
            header.extend(tensor.dtype.ggml_id().to_le_bytes());
            header.extend(offset.to_le_bytes());
            offset = offset
                .checked_add(tensor.bytes)
                .and_then(|end| end.checked_next_multiple_of(alignment))
                .ok_or_else(|| WriteError::BadDims {
                    tensor: tensor.name.clone(),
                    fault: DimsFault::Overflow,
                })?;
        }
        let mut body = GgufBody {
            out,
            tensors: self.tensors,
            alignment,
            current: 0,
            written: 0,
        };
        body.out.write_all(&header)?;
        body.pad(header.len() as u64)?;
        Ok(body)
    }
}

/// Takes the data of the tensors, one after the other.
#[derive(Debug)]
pub struct GgufBody<W> {
    out: W,
    tensors: Vec<Planned>,
    alignment: u64,
    /// The tensor that the next bytes belong to, and how many it has.
    current: usize,
    written: u64,
}

impl<W: Write> GgufBody<W> {
    /// Writes the next bytes of the current tensor. When it is complete, the next one begins.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let n = bytes.len() as u64;
        let tensor = self.tensors.get(self.current);
        let missing = tensor.map_or(0, |tensor| tensor.bytes.saturating_sub(self.written));
        if n > missing {
            let blamed = tensor.or(self.tensors.last());
            return Err(WriteError::TooMuchData {
                tensor: blamed.map(|t| t.name.clone()).unwrap_or_default(),
                excess: n.saturating_sub(missing),
            });
        }
        self.out.write_all(bytes)?;
        self.written = self.written.saturating_add(n);
        if n == missing && n > 0 {
            self.pad(self.written)?;
            self.current = self.current.saturating_add(1);
            self.written = 0;
        }
        Ok(())
    }

    /// Checks that all data has come, flushes, and hands the output back.
    pub fn finish(mut self) -> Result<W, WriteError> {
        if let Some(tensor) = self.tensors.get(self.current) {
            return Err(WriteError::Incomplete {
                tensor: tensor.name.clone(),
                missing: tensor.bytes.saturating_sub(self.written),
            });
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Zeros up to the next multiple of the alignment after `len` bytes.
    fn pad(&mut self, len: u64) -> Result<(), WriteError> {
        let end = len.checked_next_multiple_of(self.alignment).unwrap_or(len);
        let n = end.saturating_sub(len);
        io::copy(&mut io::Read::take(io::repeat(0), n), &mut self.out)?;
        Ok(())
    }
}

fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(x) => out.extend(x.to_le_bytes()),
        Value::I8(x) => out.extend(x.to_le_bytes()),
        Value::U16(x) => out.extend(x.to_le_bytes()),
        Value::I16(x) => out.extend(x.to_le_bytes()),
        Value::U32(x) => out.extend(x.to_le_bytes()),
        Value::I32(x) => out.extend(x.to_le_bytes()),
        Value::F32(x) => out.extend(x.to_le_bytes()),
        Value::Bool(x) => out.push((*x).into()),
        Value::String(x) => put_string(out, x.as_bytes()),
        Value::Array(x) => put_array(out, x),
        Value::U64(x) => out.extend(x.to_le_bytes()),
        Value::I64(x) => out.extend(x.to_le_bytes()),
        Value::F64(x) => out.extend(x.to_le_bytes()),
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    out.extend(array.elem_type().id().to_le_bytes());
    out.extend((array.len() as u64).to_le_bytes());
    match array {
        Array::U8(x) => out.extend(x),
        Array::I8(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::U16(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::I16(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::U32(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::I32(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::F32(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::Bool(x) => out.extend(x.iter().map(|&b| u8::from(b))),
        Array::String(x) => x.iter().for_each(|s| put_string(out, s)),
        Array::Array(x) => x.iter().for_each(|a| put_array(out, a)),
        Array::U64(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::I64(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
        Array::F64(x) => out.extend(x.iter().flat_map(|n| n.to_le_bytes())),
    }
}
