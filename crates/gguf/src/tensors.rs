//! The tensor directory: what each tensor is and where its data lies.

use hearth_tensor::{DType, Shape};

use crate::{DimsFault, GgufError, cursor::Cursor, decode};

/// The most dimensions that GGML knows.
const MAX_DIMS: usize = 4;

/// One tensor: what it is, and where its data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// Dimensions, outermost first.
    pub shape: Shape,
    /// First byte of the data in its file.
    pub offset: u64,
    /// Bytes of the data.
    pub bytes: u64,
    /// Which part of a split file holds it; 0 for a single file.
    pub file_index: usize,
}

/// A directory entry before the start of the data is known.
pub(crate) struct RawTensor {
    /// `offset` still counts from the start of all tensor data.
    pub(crate) info: TensorInfo,
    /// Where the entry starts in the file.
    pub(crate) entry_offset: u64,
}

/// Bytes of a tensor with the dimensions `ne`, the contiguous one first.
pub(crate) fn tensor_bytes(dtype: DType, ne: &[usize]) -> Result<u64, DimsFault> {
    if ne.is_empty() || ne.len() > MAX_DIMS {
        return Err(DimsFault::Count {
            n_dims: ne.len() as u64,
        });
    }
    if let Some(axis) = ne.iter().position(|&n| n == 0) {
        return Err(DimsFault::Zero { axis });
    }
    let cols = ne.first().map_or(0, |&n| n as u64);
    let block = dtype.block_elems() as u64;
    if !cols.is_multiple_of(block) {
        return Err(DimsFault::PartialBlock { cols, dtype });
    }
    let row_bytes = (cols / block).checked_mul(dtype.block_bytes() as u64);
    let elems = ne.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    let bytes = ne
        .iter()
        .skip(1)
        .try_fold(row_bytes.ok_or(DimsFault::Overflow)?, |n, &d| {
            n.checked_mul(d as u64)
        });
    elems.and(bytes).ok_or(DimsFault::Overflow)
}

/// Reads one directory entry: name, dimensions, type, offset.
pub(crate) fn entry(cursor: &mut Cursor<'_>) -> Result<RawTensor, GgufError> {
    let entry_offset = cursor.offset();
    let name = decode::name(cursor, "a tensor name")?;
    let n_dims = cursor.u32("the number of dimensions of a tensor")?;
    let bad_dims = |name: String, fault| GgufError::BadDims {
        tensor: name,
        fault,
        offset: entry_offset,
    };
    if n_dims == 0 || n_dims as usize > MAX_DIMS {
        let n_dims = n_dims.into();
        return Err(bad_dims(name, DimsFault::Count { n_dims }));
    }
    let mut ne = Vec::with_capacity(MAX_DIMS);
    for _ in 0..n_dims {
        let n = cursor.u64("the dimensions of a tensor")?;
        match usize::try_from(n) {
            Ok(n) => ne.push(n),
            Err(_) => return Err(bad_dims(name, DimsFault::Overflow)),
        }
    }
    let type_offset = cursor.offset();
    let id = cursor.u32("the type of a tensor")?;
    let Ok(dtype) = DType::from_ggml_id(id) else {
        return Err(GgufError::UnknownDType {
            tensor: name,
            id,
            offset: type_offset,
        });
    };
    let bytes = match tensor_bytes(dtype, &ne) {
        Ok(bytes) => bytes,
        Err(fault) => return Err(bad_dims(name, fault)),
    };
    let info = TensorInfo {
        name,
        dtype,
        shape: Shape::from_ggml(&ne),
        offset: cursor.u64("the offset of a tensor")?,
        bytes,
        file_index: 0,
    };
    Ok(RawTensor { info, entry_offset })
}

/// Turns offsets into those of the file, checking each against alignment and the size of the file.
pub(crate) fn place(
    raw: Vec<RawTensor>,
    data_offset: u64,
    alignment: u64,
    size: u64,
) -> Result<Vec<TensorInfo>, GgufError> {
    let mut infos = Vec::with_capacity(raw.len());
    for RawTensor { info, entry_offset } in raw {
        if !info.offset.is_multiple_of(alignment) {
            return Err(GgufError::MisalignedTensor {
                tensor: info.name,
                start: info.offset,
                alignment,
                offset: entry_offset,
            });
        }
        let start = data_offset.saturating_add(info.offset);
        if start.checked_add(info.bytes).is_none_or(|end| end > size) {
            return Err(GgufError::TensorBeyondEnd {
                tensor: info.name,
                start,
                bytes: info.bytes,
                size,
                offset: entry_offset,
            });
        }
        infos.push(TensorInfo {
            offset: start,
            ..info
        });
    }
    check_overlap(&infos)?;
    Ok(infos)
}

fn check_overlap(infos: &[TensorInfo]) -> Result<(), GgufError> {
    let mut by_offset: Vec<&TensorInfo> = infos.iter().collect();
    by_offset.sort_by_key(|info| info.offset);
    for &[first, second] in by_offset.array_windows() {
        if first.offset.saturating_add(first.bytes) > second.offset {
            return Err(GgufError::OverlappingTensors {
                first: first.name.clone(),
                second: second.name.clone(),
                offset: second.offset,
            });
        }
    }
    Ok(())
}
