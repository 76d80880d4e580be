//! Everything that can be wrong with a GGUF file, with the byte offset at which it shows.

use hearth_tensor::DType;

use crate::{MetadataError, ReadError, ValueType};

/// Why a file is no usable GGUF file. Offsets count from the start of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The source failed.
    #[error("cannot read {what}: {source}")]
    Read {
        /// The part of the header that was being read.
        what: &'static str,
        /// Why.
        source: ReadError,
    },
    /// The file does not start with `GGUF`.
    #[error("not a GGUF file: it starts with {found:02x?} instead of \"GGUF\" (offset 0)")]
    BadMagic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// The file is big-endian.
    #[error(
        "big-endian GGUF files are not supported (version field {found:#010x}, offset 4); convert the file to little-endian"
    )]
    BigEndian {
        /// The version field, read as little-endian.
        found: u32,
    },
    /// A version other than 2 and 3.
    #[error(
        "GGUF version {version} (offset 4) is not supported, only 2 and 3; convert the model again with a current converter"
    )]
    UnsupportedVersion {
        /// The version of the file.
        version: u32,
    },
    /// The file ends inside its header.
    #[error(
        "the file ends too early: {what} needs {needed} bytes at offset {offset}, but the file has {size} bytes; download it again"
    )]
    Truncated {
        /// The part of the header that is cut off.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// Bytes that it needs.
        needed: u64,
        /// Bytes of the file.
        size: u64,
    },
    /// Metadata and tensor directory are longer than [`crate::MAX_HEADER_BYTES`].
    #[error(
        "the header goes on at offset {offset}, more than the {max} bytes that are allowed; the file is damaged or hostile"
    )]
    HeaderTooLarge {
        /// Where the header still went on.
        offset: u64,
        /// The limit.
        max: u64,
    },
    /// A string claims more bytes than the file has.
    #[error(
        "{what} at offset {offset} claims {len} bytes, but only {remaining} follow; the file is damaged"
    )]
    StringTooLong {
        /// What the string is.
        what: &'static str,
        /// Where its length stands.
        offset: u64,
        /// The length claimed.
        len: u64,
        /// Bytes that a header may still take there.
        remaining: u64,
    },
    /// An array claims more elements than the file has bytes for.
    #[error(
        "the array at offset {offset} claims {count} elements of type {elem}, but only {remaining} bytes follow; the file is damaged"
    )]
    ArrayTooLong {
        /// Where the array starts.
        offset: u64,
        /// The number of elements claimed.
        count: u64,
        /// Their type.
        elem: ValueType,
        /// Bytes that a header may still take there.
        remaining: u64,
    },
    /// The header claims more tensors than the file has bytes for.
    #[error(
        "the header claims {count} tensors (offset {offset}), but at most {max} fit into the bytes that follow; the file is damaged"
    )]
    TooManyTensors {
        /// Where the number stands.
        offset: u64,
        /// The number claimed.
        count: u64,
        /// What could fit.
        max: u64,
    },
    /// The header claims more metadata keys than the file has bytes for.
    #[error(
        "the header claims {count} metadata keys (offset {offset}), but at most {max} fit into the bytes that follow; the file is damaged"
    )]
    TooManyKeys {
        /// Where the number stands.
        offset: u64,
        /// The number claimed.
        count: u64,
        /// What could fit.
        max: u64,
    },
    /// A metadata key or tensor name is no UTF-8.
    #[error("{what} at offset {offset} is not valid UTF-8; the file is damaged")]
    NameNotUtf8 {
        /// Key or name.
        what: &'static str,
        /// Where its length stands.
        offset: u64,
    },
    /// A metadata type number that no version of GGUF defines.
    #[error(
        "metadata type {id} at offset {offset} is not known; the file is damaged or newer than this program"
    )]
    UnknownValueType {
        /// The number found.
        id: u32,
        /// Where it stands.
        offset: u64,
    },
    /// A boolean that is neither 0 nor 1.
    #[error("the boolean at offset {offset} is {found}, neither 0 nor 1; the file is damaged")]
    BadBool {
        /// The byte found.
        found: u8,
        /// Where it stands.
        offset: u64,
    },
    /// Arrays of arrays of arrays of …
    #[error("the arrays at offset {offset} are nested more than {max} deep")]
    NestingTooDeep {
        /// Where the innermost array starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A metadata key stands twice.
    #[error("metadata key `{key}` stands at offset {first_offset} and again at offset {offset}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The first time.
        first_offset: u64,
        /// The second time.
        offset: u64,
    },
    /// `general.alignment` is no power of two that is a multiple of 8.
    #[error(
        "`general.alignment` at offset {offset} is {alignment}; it must be a power of two and at least 8"
    )]
    BadAlignment {
        /// The alignment claimed.
        alignment: u64,
        /// Where its entry starts.
        offset: u64,
    },
    /// A metadata key that the parser itself needs is of no use.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A tensor of an element type that this version does not know.
    #[error(
        "tensor `{tensor}` has the unknown GGML type {id} (offset {offset}); the file is damaged or newer than this program"
    )]
    UnknownDType {
        /// The tensor.
        tensor: String,
        /// The number found.
        id: u32,
        /// Where it stands.
        offset: u64,
    },
    /// The dimensions of a tensor make no sense.
    #[error("tensor `{tensor}`, described at offset {offset}: {fault}")]
    BadDims {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        fault: DimsFault,
        /// Where its directory entry starts.
        offset: u64,
    },
    /// A tensor name stands twice.
    #[error("tensor `{tensor}` is described at offset {first_offset} and again at offset {offset}")]
    DuplicateTensor {
        /// The name.
        tensor: String,
        /// The first time.
        first_offset: u64,
        /// The second time.
        offset: u64,
    },
    /// The data of a tensor does not start at a multiple of the alignment.
    #[error(
        "tensor `{tensor}`, described at offset {offset}, starts {start} bytes into the data, no multiple of the alignment {alignment}"
    )]
    MisalignedTensor {
        /// The tensor.
        tensor: String,
        /// Where its data starts, counted from the start of all tensor data.
        start: u64,
        /// The alignment of the file.
        alignment: u64,
        /// Where its directory entry starts.
        offset: u64,
    },
    /// The data of a tensor ends beyond the file.
    #[error(
        "tensor `{tensor}`, described at offset {offset}, needs {bytes} bytes at offset {start}, but the file has {size} bytes; download it again"
    )]
    TensorBeyondEnd {
        /// The tensor.
        tensor: String,
        /// Where its data starts in the file; `u64::MAX` where that overflows.
        start: u64,
        /// Its size.
        bytes: u64,
        /// Bytes of the file.
        size: u64,
        /// Where its directory entry starts.
        offset: u64,
    },
    /// Two tensors share bytes.
    #[error("tensors `{first}` and `{second}` overlap at offset {offset}; the file is damaged")]
    OverlappingTensors {
        /// The one that starts first.
        first: String,
        /// The one that starts inside it.
        second: String,
        /// Where the second starts.
        offset: u64,
    },
    /// A split model was given with too few or too many files.
    #[error(
        "the model is split into {count} files, but {found} were given; open all parts together"
    )]
    WrongPartCount {
        /// The number of parts that the file names.
        count: u64,
        /// The number of parts given.
        found: usize,
    },
    /// The parts of a split model are out of order, or from different models.
    #[error(
        "file {index} of the split model says that it is part {number} of {count} (counted from 0); give the parts in order"
    )]
    WrongPart {
        /// Place among the files given, from 0.
        index: usize,
        /// The number that the file names.
        number: u64,
        /// The number of parts that the file names.
        count: u64,
    },
    /// The parts of a split model do not hold as many tensors as the first one says.
    #[error(
        "the split model should hold {expected} tensors, but its parts hold {found}; a part is from another model"
    )]
    WrongTensorTotal {
        /// The number that the first part names.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// A tensor name stands in two parts of a split model.
    #[error(
        "tensor `{tensor}` stands in part {first} and again in part {second} of the split model (counted from 0)"
    )]
    DuplicateAcrossParts {
        /// The name.
        tensor: String,
        /// The first part.
        first: usize,
        /// The second part.
        second: usize,
    },
    /// One part of a split model is no usable file.
    #[error("part {index} of the split model (counted from 0): {source}")]
    InPart {
        /// Place among the files given, from 0.
        index: usize,
        /// What is wrong with it.
        source: Box<GgufError>,
    },
}

/// What is wrong with the dimensions of a tensor. Dimension 0 is the contiguous one, as in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DimsFault {
    /// No dimensions, or more than four.
    #[error("it has {n_dims} dimensions instead of 1 to 4")]
    Count {
        /// The number claimed.
        n_dims: u64,
    },
    /// A dimension of 0.
    #[error("its dimension {axis} is 0")]
    Zero {
        /// Which one.
        axis: usize,
    },
    /// More elements or bytes than can be counted on this machine.
    #[error("its size is too large for this machine")]
    Overflow,
    /// Rows that do not consist of whole blocks.
    #[error("its rows of {cols} elements are no whole blocks of {dtype}")]
    PartialBlock {
        /// Elements of a row.
        cols: u64,
        /// The element type.
        dtype: DType,
    },
}
