//! Tensors of the file as weights want them.

use hearth_gguf::{Gguf, ReadAt, ReadError, TensorInfo};
use hearth_graph::{RowSet, TensorRows, WeightTensor};
use hearth_kernels::dequantize;
use hearth_kernels::weight::WeightError;
use hearth_models::ModelError;

use crate::error::RuntimeError;

/// Bytes at a weight's beginning that count for a model's fingerprint.
const SAMPLE_BYTES: usize = 1024;

/// What a weight of a program is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) tensor: &'a TensorRows,
    pub(super) rows: usize,
    pub(super) cols: usize,
}

impl<'a> From<&'a hearth_cpu::WeightPlan> for Wanted<'a> {
    fn from(plan: &'a hearth_cpu::WeightPlan) -> Self {
        Wanted {
            tensor: &plan.tensor,
            rows: plan.spec.rows,
            cols: plan.spec.cols,
        }
    }
}

impl<'a> Wanted<'a> {
    /// One of the tensors that a weight on a GPU is made of.
    pub(super) fn of(tensor: &'a WeightTensor, plan: &hearth_webgpu::WeightPlan) -> Self {
        Wanted {
            tensor: &tensor.tensor,
            rows: tensor.dims.iter().product::<usize>() / plan.cols.max(1),
            cols: plan.cols,
        }
    }
}

impl Wanted<'_> {
    /// Bytes of the file that the weight is made of.
    pub(super) fn file_bytes(&self, gguf: &Gguf) -> u64 {
        let bytes = |info| (self.rows * self.row_bytes(info)) as u64;
        gguf.tensor(&self.tensor.name).map_or(0, bytes)
    }

    fn row_bytes(&self, info: &TensorInfo) -> usize {
        info.dtype.bytes_for(self.cols).unwrap_or(0)
    }
}

/// Why a piece is not there.
pub(super) enum Failure {
    Read(ReadError),
    Weight(WeightError),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Read(error)
    }
}

impl From<WeightError> for Failure {
    fn from(error: WeightError) -> Self {
        Failure::Weight(error)
    }
}

/// A tensor of the file, or some of its rows.
pub(super) struct Tensor<'a> {
    pub(super) info: &'a TensorInfo,
    pub(super) source: &'a dyn ReadAt,
    pub(super) rows: RowSet,
    /// Bytes of a row in the file.
    pub(super) row_bytes: usize,
    cols: usize,
}

impl<'a> Tensor<'a> {
    /// Find it.
    pub(super) fn new(
        parts: &'a [Box<dyn ReadAt>],
        gguf: &'a Gguf,
        wanted: Wanted<'_>,
    ) -> Result<Self, RuntimeError> {
        let missing = || ModelError::MissingTensor {
            name: wanted.tensor.name.to_string(),
        };
        let info = gguf.tensor(&wanted.tensor.name).ok_or_else(missing)?;
        Ok(Tensor {
            info,
            source: &*parts[info.file_index],
            rows: wanted.tensor.rows.unwrap_or(RowSet::run(0, wanted.rows)),
            row_bytes: wanted.row_bytes(info),
            cols: wanted.cols,
        })
    }

    /// Fill `into` with rows from `row` on.
    pub(super) fn read(&self, row: usize, into: &mut [u8]) -> Result<(), ReadError> {
        let at = (self.info.offset, self.row_bytes);
        read_rows(self.source, at, self.rows, row, into)
    }

    /// Rows that are f32 in memory and another type in the file: biases and the like, all of them small.
    pub(super) fn as_floats(&self, raw: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let rows = raw.len() / self.row_bytes.max(1);
        let mut floats = vec![0.0f32; rows * self.cols];
        dequantize::dequantize_row_into(self.info.dtype, raw, &mut floats)
            .map_err(|_| unsupported(self.info))?;
        Ok(floats.iter().flat_map(|f| f.to_le_bytes()).collect())
    }

    /// Bytes by which models are told apart, at the beginning of `rows` rows.
    pub(super) fn sample_bytes(&self, rows: usize) -> usize {
        SAMPLE_BYTES.min(rows * self.row_bytes)
    }

    /// What went wrong with it.
    pub(super) fn error(&self, failure: Failure) -> RuntimeError {
        let tensor = self.info.name.clone();
        match failure {
            Failure::Read(source) => RuntimeError::Read { tensor, source },
            Failure::Weight(source) => RuntimeError::Weight { tensor, source },
        }
    }
}

/// Fill `into` with rows of the set, from its row `first` on, of a tensor whose offset and bytes of a row are given; runs of
/// neighbours are read at once.
pub(super) fn read_rows(
    source: &dyn ReadAt,
    (offset, row_bytes): (u64, usize),
    set: RowSet,
    first: usize,
    mut into: &mut [u8],
) -> Result<(), ReadError> {
    let row_bytes = row_bytes.max(1);
    let mut row = first;
    while !into.is_empty() {
        let (start, run) = set.at(row);
        let rows = run.min(into.len() / row_bytes).max(1);
        let (now, rest) = into.split_at_mut((rows * row_bytes).min(into.len()));
        source.read_exact_at(offset + (start * row_bytes) as u64, now)?;
        row += rows;
        into = rest;
    }
    Ok(())
}

/// All elements of a small tensor.
pub(super) fn read_small(
    parts: &[Box<dyn ReadAt>],
    info: &TensorInfo,
) -> Result<Vec<f32>, ModelError> {
    let mut bytes = vec![0; info.bytes as usize];
    let mut floats = vec![0.0; info.shape.elems().unwrap_or(0)];
    let unreadable = |_| ModelError::UnreadableTensor {
        name: info.name.clone(),
        offset: info.offset,
    };
    parts[info.file_index]
        .read_exact_at(info.offset, &mut bytes)
        .map_err(unreadable)?;
    dequantize::dequantize_row_into(info.dtype, &bytes, &mut floats)
        .map_err(|_| unsupported(info))?;
    Ok(floats)
}

fn unsupported(info: &TensorInfo) -> ModelError {
    ModelError::UnsupportedTensorType {
        name: info.name.clone(),
        dtype: info.dtype,
        offset: info.offset,
    }
}
