//! A whole GGUF header: magic, version, metadata, tensor directory.

use crate::{
    GgufError, Metadata, ReadAt, TensorInfo, ValueType,
    cursor::Cursor,
    decode,
    names::NameIndex,
    split,
    tensors::{self, RawTensor},
};

pub(crate) const MAGIC: [u8; 4] = *b"GGUF";
pub(crate) const KEY_ALIGNMENT: &str = "general.alignment";
pub(crate) const DEFAULT_ALIGNMENT: u64 = 32;

/// The fewest bytes of a metadata entry: length of the key, type, one byte of value.
const MIN_KEY_BYTES: u64 = 8 + 4 + ValueType::Bool.min_bytes();
/// The fewest bytes of a directory entry: length of the name, number of dimensions, one dimension, type, offset.
const MIN_TENSOR_BYTES: u64 = 8 + 4 + 8 + 4 + 8;

/// The description of a model: metadata and tensor directory of its file or files.
#[derive(Clone, Debug)]
pub struct Gguf {
    version: u32,
    alignment: u64,
    pub(crate) metadata: Metadata,
    pub(crate) tensors: Vec<TensorInfo>,
    pub(crate) by_name: NameIndex,
}

impl Gguf {
    /// Reads the header of a model that is one file. A part of a split model is an error.
    pub fn parse(source: &dyn ReadAt) -> Result<Self, GgufError> {
        let gguf = Self::parse_one(source)?;
        split::check_place(&gguf.metadata, 0, 1)?;
        Ok(gguf)
    }

    /// Reads the headers of all parts of a model, in order, and joins them. One whole file is fine too.
    ///
    /// The metadata is that of the first part; [`TensorInfo::file_index`] says which part holds a tensor.
    pub fn parse_split(parts: &[&dyn ReadAt]) -> Result<Self, GgufError> {
        let parse_part = |(index, source): (usize, &&dyn ReadAt)| {
            let in_part = |source: GgufError| GgufError::InPart {
                index,
                source: Box::new(source),
            };
            let part = Self::parse_one(source).map_err(in_part)?;
            match split::check_place(&part.metadata, index, parts.len()) {
                Err(GgufError::Metadata(error)) => Err(in_part(error.into())),
                checked => checked.map(|()| part),
            }
        };
        let parsed: Result<_, GgufError> = parts.iter().enumerate().map(parse_part).collect();
        split::merge(parsed?)
    }

    /// The version of the format: 2 or 3. They differ only in big-endian support.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What the data of every tensor is aligned to, counted from the start of all tensor data.
    pub fn alignment(&self) -> u64 {
        self.alignment
    }

    /// The metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// All tensors, in the order of the directory; none in a file that holds only a vocabulary.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.by_name.find(&self.tensors, name, |info| &info.name)
    }

    fn parse_one(source: &dyn ReadAt) -> Result<Self, GgufError> {
        let mut cursor = Cursor::new(source);
        let version = version(&mut cursor)?;
        let (n_tensors, n_keys) = counts(&mut cursor)?;
        let metadata = metadata(&mut cursor, n_keys)?;
        let alignment = alignment(&metadata)?;
        let mut raw = Vec::new();
        for _ in 0..n_tensors {
            raw.push(tensors::entry(&mut cursor)?);
        }
        let by_name = index_tensors(&raw)?;
        // Overflow cannot pass unseen: no tensor fits behind u64::MAX.
        let data_offset = cursor
            .offset()
            .checked_next_multiple_of(alignment)
            .unwrap_or(u64::MAX);
        let tensors = tensors::place(raw, data_offset, alignment, cursor.size())?;
        Ok(Gguf {
            version,
            alignment,
            metadata,
            tensors,
            by_name,
        })
    }
}

fn version(cursor: &mut Cursor<'_>) -> Result<u32, GgufError> {
    let magic: [u8; 4] = cursor.array("the magic number")?;
    if magic != MAGIC {
        return Err(GgufError::BadMagic { found: magic });
    }
    let version = cursor.u32("the version")?;
    match version {
        2 | 3 => Ok(version),
        // Converters write the magic number the same way in both byte orders, so that the version tells them apart.
        _ if version != 0 && version & 0xFFFF == 0 => Err(GgufError::BigEndian { found: version }),
        _ => Err(GgufError::UnsupportedVersion { version }),
    }
}

/// Numbers of tensors and of keys, each checked against the bytes there.
fn counts(cursor: &mut Cursor<'_>) -> Result<(u64, u64), GgufError> {
    let tensors_offset = cursor.offset();
    let n_tensors = cursor.u64("the number of tensors")?;
    let keys_offset = cursor.offset();
    let n_keys = cursor.u64("the number of metadata keys")?;
    let max = cursor.remaining() / MIN_TENSOR_BYTES;
    if n_tensors > max {
        return Err(GgufError::TooManyTensors {
            offset: tensors_offset,
            count: n_tensors,
            max,
        });
    }
    let max = cursor.remaining() / MIN_KEY_BYTES;
    if n_keys > max {
        return Err(GgufError::TooManyKeys {
            offset: keys_offset,
            count: n_keys,
            max,
        });
    }
    Ok((n_tensors, n_keys))
}

fn metadata(cursor: &mut Cursor<'_>, n_keys: u64) -> Result<Metadata, GgufError> {
    let mut entries = Vec::new();
    for _ in 0..n_keys {
        entries.push(decode::entry(cursor)?);
    }
    Metadata::new(entries).map_err(|(entries, twins)| {
        let offset = |i: usize| entries.get(i).map_or(0, |entry| entry.offset);
        GgufError::DuplicateKey {
            key: entries
                .get(twins.second)
                .map(|entry| entry.key.clone())
                .unwrap_or_default(),
            first_offset: offset(twins.first),
            offset: offset(twins.second),
        }
    })
}

fn alignment(metadata: &Metadata) -> Result<u64, GgufError> {
    let Some(entry) = metadata.entry(KEY_ALIGNMENT) else {
        return Ok(DEFAULT_ALIGNMENT);
    };
    let alignment = metadata.get_u64(KEY_ALIGNMENT)?;
    if !is_alignment(alignment) {
        return Err(GgufError::BadAlignment {
            alignment,
            offset: entry.offset,
        });
    }
    Ok(alignment)
}

/// The specification asks for a multiple of 8, llama.cpp for a power of two.
pub(crate) fn is_alignment(alignment: u64) -> bool {
    alignment.is_power_of_two() && alignment >= 8
}

fn index_tensors(raw: &[RawTensor]) -> Result<NameIndex, GgufError> {
    NameIndex::new(raw, |tensor| &tensor.info.name).map_err(|twins| {
        let offset = |i: usize| raw.get(i).map_or(0, |tensor| tensor.entry_offset);
        GgufError::DuplicateTensor {
            tensor: raw
                .get(twins.second)
                .map(|tensor| tensor.info.name.clone())
                .unwrap_or_default(),
            first_offset: offset(twins.first),
            offset: offset(twins.second),
        }
    })
}
