//! Hands tensors to a GPU piece by piece, as the file has them.

use hearth_gguf::{Gguf, ReadAt};
use hearth_webgpu::{GpuExecutor, WeightPlan};

use super::plan::Piece;
use super::reading::PIECE_BYTES;
use super::tensor::{Failure, Tensor, Wanted};
use crate::error::RuntimeError;

/// The weight being read.
#[derive(Default)]
pub(super) struct Upload {
    /// Position in the program's weights.
    index: usize,
    /// Its next row.
    row: usize,
    piece: Vec<u8>,
}

impl Upload {
    /// Which of the program's weights is being read.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Hand over the next piece of the weight that `plan` describes.
    pub(super) fn next_piece(
        &mut self,
        parts: &[Box<dyn ReadAt>],
        gguf: &Gguf,
        plan: &WeightPlan,
        executor: &mut GpuExecutor,
    ) -> Result<Piece, RuntimeError> {
        let (part, first, left) = plan.tensor_at(self.row);
        let wanted = Wanted::of(part, plan);
        let tensor = Tensor::new(parts, gguf, wanted)?;
        let unit = WeightPlan::ROW_UNIT;
        let rows = (PIECE_BYTES / tensor.row_bytes.max(1) / unit * unit).max(unit);
        let rows = rows.min(left);
        self.piece.resize(rows * tensor.row_bytes, 0);
        let read = tensor.read(first, &mut self.piece);
        read.map_err(|source| tensor.error(Failure::Read(source)))?;
        if tensor.info.dtype == plan.dtype {
            executor.write_rows(self.index, self.row, &self.piece);
        } else {
            let floats = tensor.as_floats(&self.piece)?;
            executor.write_rows(self.index, self.row, &floats);
        }
        executor.gpu().check()?;
        let sample = &self.piece[..tensor.sample_bytes(rows)];
        let first = (first == 0).then(|| (wanted.file_bytes(gguf), sample.to_vec()));
        self.row += rows;
        if self.row == plan.rows {
            (self.index, self.row) = (self.index + 1, 0);
        }
        Ok(Piece {
            bytes: self.piece.len() as u64,
            first,
        })
    }
}
