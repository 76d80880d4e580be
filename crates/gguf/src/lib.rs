//! GGUF bytes → a typed description: metadata and tensor directory of one file, or of all parts of a split one.
//!
//! Versions 2 and 3, little-endian. The input is untrusted: whatever the bytes say, parsing ends, does not panic,
//! and allocates no more than a small multiple of the header bytes that are really there (at most
//! [`MAX_HEADER_BYTES`]). Tensor data is never read here; [`TensorInfo`] says where it lies.
//!
//! | module | holds |
//! |---|---|
//! | [`read`] | [`ReadAt`]: random access to bytes, and files |
//! | [`value`] | metadata values and arrays |
//! | [`strings`] | strings that need not be UTF-8 |
//! | [`metadata`] | the metadata of a file and its typed getters |
//! | [`tensors`] | where each tensor lies |
//! | [`split`] | names of the parts of split files |
//! | [`writer`] | writes version 3 files |
//! | [`error`] | everything that can be wrong with a file |
//!
//! ```
//! use hearth_gguf::{Gguf, GgufWriter};
//! use hearth_tensor::{DType, Shape};
//!
//! let mut writer = GgufWriter::new();
//! writer.metadata("general.architecture", "llama")?;
//! writer.tensor("output_norm.weight", DType::F32, &Shape::new([2]))?;
//! let mut body = writer.begin(Vec::new())?;
//! body.append(&[0; 8])?;
//! let file: Vec<u8> = body.finish()?;
//!
//! let gguf = Gguf::parse(&file)?;
//! assert_eq!(gguf.metadata().get_str("general.architecture")?, "llama");
//! let norm = gguf.tensor("output_norm.weight").expect("written above");
//! assert_eq!((norm.dtype, norm.bytes), (DType::F32, 8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: the GGUF specification in ggml's `docs/gguf.md`, and the checks of `gguf.cpp`.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod cursor;
mod decode;
pub mod error;
mod file;
pub mod metadata;
mod names;
#[cfg(any(test, feature = "fuzzing"))]
pub mod oracle;
pub mod read;
pub mod split;
pub mod strings;
pub mod tensors;
pub mod value;
pub mod writer;

pub use cursor::MAX_HEADER_BYTES;
pub use error::{DimsFault, GgufError};
pub use file::Gguf;
pub use metadata::{Metadata, MetadataError, Optional};
pub use read::{ReadAt, ReadError};
pub use split::split_names;
pub use strings::{Strings, Text};
pub use tensors::TensorInfo;
pub use value::{Array, Value, ValueRef, ValueType};
pub use writer::{GgufBody, GgufWriter, WriteError};

#[cfg(test)]
mod tests;
