//! Reads tensors piece by piece and lays them out, so that no tensor is in memory twice.

use hearth_cpu::WeightPlan;
use hearth_gguf::{Gguf, ReadAt, TensorInfo};
use hearth_graph::RowSet;
use hearth_kernels::weight::WeightBuilder;
use hearth_kernels::{CpuWeight, dequantize};
use hearth_models::ModelError;

use crate::error::RuntimeError;

/// Bytes of a tensor that one step reads, about. In a tab each piece passes through several processes' buffers.
pub(super) const PIECE_BYTES: usize = if cfg!(target_family = "wasm") {
    1 << 20
} else {
    4 << 20
};

/// Bytes of each piece that count for a model's fingerprint.
const SAMPLE_BYTES: usize = 1024;

/// The weight being read.
#[derive(Default)]
pub(super) struct Reading {
    /// Position in the program's weights.
    index: usize,
    /// The weight so far, and its next row.
    current: Option<(WeightBuilder, usize)>,
    piece: Vec<u8>,
}

/// What one piece brought.
pub(super) struct Piece {
    pub(super) bytes: u64,
    pub(super) finished: Option<CpuWeight>,
}

impl Reading {
    /// Which of the program's weights is being read.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Go on to the next weight.
    pub(super) fn next(&mut self) {
        self.index += 1;
    }

    /// Some bytes of the latest piece, by which models are told apart.
    pub(super) fn sample(&self) -> &[u8] {
        &self.piece[..self.piece.len().min(SAMPLE_BYTES)]
    }

    /// Read the next piece of the weight that `plan` describes.
    pub(super) fn read_piece(
        &mut self,
        parts: &[Box<dyn ReadAt>],
        gguf: &Gguf,
        plan: &WeightPlan,
    ) -> Result<Piece, RuntimeError> {
        let info = tensor(gguf, plan)?;
        let weight_error = |source| RuntimeError::Weight {
            tensor: info.name.clone(),
            source,
        };
        let (mut builder, row) = self
            .current
            .take()
            .unwrap_or_else(|| (WeightBuilder::new(plan.spec), 0));
        let rows = plan.spec.rows;
        let row_bytes = row_bytes(info, plan);
        let unit = builder.row_granularity();
        let rows_now = (PIECE_BYTES / row_bytes.max(1) / unit * unit)
            .max(unit)
            .min(rows - row);
        self.piece.resize(rows_now * row_bytes, 0);
        let set = plan.tensor.rows.unwrap_or(RowSet::run(0, rows));
        read_rows(parts, info, set, row, &mut self.piece)?;
        if info.dtype == plan.spec.dtype {
            builder.push_rows(&self.piece)
        } else {
            let mut floats = vec![0.0f32; rows_now * plan.spec.cols];
            dequantize::dequantize_row_into(info.dtype, &self.piece, &mut floats)
                .map_err(|_| unsupported(info))?;
            let bytes: Vec<u8> = floats.iter().flat_map(|f| f.to_le_bytes()).collect();
            builder.push_rows(&bytes)
        }
        .map_err(weight_error)?;
        let bytes = self.piece.len() as u64;
        if row + rows_now < rows {
            self.current = Some((builder, row + rows_now));
            return Ok(Piece {
                bytes,
                finished: None,
            });
        }
        let finished = Some(builder.finish().map_err(weight_error)?);
        Ok(Piece { bytes, finished })
    }
}

/// Fill `piece` with rows of the set, from its row `first` on; runs of neighbours are read at once.
fn read_rows(
    parts: &[Box<dyn ReadAt>],
    info: &TensorInfo,
    set: RowSet,
    first: usize,
    mut piece: &mut [u8],
) -> Result<(), RuntimeError> {
    let tensor_rows = info.shape.dims().iter().rev().skip(1).product::<usize>();
    let row_bytes = (info.bytes as usize / tensor_rows.max(1)).max(1);
    let mut row = first;
    while !piece.is_empty() {
        let (start, run) = set.at(row);
        let rows = run.min(piece.len() / row_bytes).max(1);
        let (now, rest) = piece.split_at_mut((rows * row_bytes).min(piece.len()));
        parts[info.file_index]
            .read_exact_at(info.offset + (start * row_bytes) as u64, now)
            .map_err(|source| RuntimeError::Read {
                tensor: info.name.clone(),
                source,
            })?;
        row += rows;
        piece = rest;
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

/// Bytes of the file that a weight is made of.
pub(super) fn file_bytes(gguf: &Gguf, plan: &WeightPlan) -> u64 {
    let bytes = |info| (plan.spec.rows * row_bytes(info, plan)) as u64;
    gguf.tensor(&plan.tensor.name).map_or(0, bytes)
}

fn row_bytes(info: &TensorInfo, plan: &WeightPlan) -> usize {
    info.dtype.bytes_for(plan.spec.cols).unwrap_or(0)
}

fn tensor<'g>(gguf: &'g Gguf, plan: &WeightPlan) -> Result<&'g TensorInfo, RuntimeError> {
    let missing = || ModelError::MissingTensor {
        name: plan.tensor.name.to_string(),
    };
    Ok(gguf.tensor(&plan.tensor.name).ok_or_else(missing)?)
}

fn unsupported(info: &TensorInfo) -> ModelError {
    ModelError::UnsupportedTensorType {
        name: info.name.clone(),
        dtype: info.dtype,
        offset: info.offset,
    }
}
