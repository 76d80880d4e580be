//! Reads tensors piece by piece and lays them out, so that no tensor is in memory twice.
//!
//! A piece is split into parts, blocks of rows, and all threads of the pool lay them out. Where the source lets them, each
//! reads its parts itself, into a buffer that stays in its cache; the pages of a weight are then touched for the first time
//! by several threads as well, which takes longer than the rest.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hearth_cpu::{Pool, WeightPlan};
use hearth_gguf::{Gguf, ReadAt};
use hearth_kernels::CpuWeight;
use hearth_kernels::weight::{RowsPart, RowsParts, WeightBuilder};

use super::tensor::{Failure, Tensor, read_rows};
use crate::error::RuntimeError;

/// Bytes of a tensor that one step reads, about. In a tab a piece is a buffer of its own, beside those of the browser.
pub(super) const PIECE_BYTES: usize = if cfg!(target_family = "wasm") {
    4 << 20
} else {
    16 << 20
};

/// Bytes of the file that a thread lays out at once, about: they fit into a core's cache together with their tiles.
const PART_BYTES: usize = 256 << 10;

/// Memory that reading takes beside the weights, at most.
pub(super) fn buffer_bytes(pool: &Pool) -> usize {
    PIECE_BYTES + pool.threads() * PART_BYTES
}

/// The weight being read.
#[derive(Default)]
pub(super) struct Reading {
    /// Position in the program's weights.
    index: usize,
    /// The weight so far, and its next row.
    current: Option<(WeightBuilder, usize)>,
    /// A piece of a source that threads cannot read.
    piece: Vec<u8>,
    /// A buffer for each thread.
    buffers: Vec<Mutex<Vec<u8>>>,
}

/// What one piece brought.
pub(super) struct Piece {
    pub(super) bytes: u64,
    /// If it is a weight's first, some bytes by which models are told apart.
    pub(super) sample: Option<Vec<u8>>,
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

    /// Read the next piece of the weight that `plan` describes.
    pub(super) fn read_piece(
        &mut self,
        parts: &[Box<dyn ReadAt>],
        gguf: &Gguf,
        plan: &WeightPlan,
        pool: &mut Pool,
    ) -> Result<Piece, RuntimeError> {
        let tensor = Tensor::new(parts, gguf, plan.into())?;
        let (mut builder, row) = self
            .current
            .take()
            .unwrap_or_else(|| (WeightBuilder::new(plan.spec), 0));
        let left = plan.spec.rows - row;
        let unit = builder.row_granularity();
        let rows = (PIECE_BYTES / tensor.row_bytes.max(1) / unit * unit)
            .max(unit)
            .min(left);
        if tensor.info.dtype == plan.spec.dtype {
            self.lay_out(&tensor, &mut builder, row, rows, pool)
                .map_err(|failure| tensor.error(failure))?;
        } else {
            self.convert(&tensor, &mut builder, row, rows)?;
        }
        let sample = (row == 0).then(|| self.sample(&tensor, rows)).transpose()?;
        let bytes = (rows * tensor.row_bytes) as u64;
        let finished = if rows < left {
            self.current = Some((builder, row + rows));
            None
        } else {
            let finished = builder.finish();
            Some(finished.map_err(|source| tensor.error(Failure::Weight(source)))?)
        };
        Ok(Piece {
            bytes,
            sample,
            finished,
        })
    }

    /// Read rows and lay them out as they are.
    fn lay_out(
        &mut self,
        tensor: &Tensor<'_>,
        builder: &mut WeightBuilder,
        row: usize,
        rows: usize,
        pool: &mut Pool,
    ) -> Result<(), Failure> {
        self.buffers.resize_with(pool.threads(), Mutex::default);
        let (buffers, row_bytes) = (&self.buffers, tensor.row_bytes);
        let (at, set) = ((tensor.info.offset, row_bytes), tensor.rows);
        let part_rows = PART_BYTES / row_bytes.max(1);
        if let Some(source) = tensor.source.as_shared() {
            return builder.fill_rows(rows, part_rows, |parts| {
                share_out(pool, buffers, parts, |part, buffer| {
                    let first = part.rows().start;
                    part.fill_with(buffer, |into| Ok(read_rows(source, at, set, first, into)?))
                })
            });
        }
        self.piece.resize(rows * row_bytes, 0);
        tensor.read(row, &mut self.piece)?;
        let piece = &self.piece[..];
        builder.fill_rows(rows, part_rows, |parts| {
            share_out(pool, buffers, parts, |part, _| {
                let at = (part.rows().start - row) * row_bytes;
                let raw = &piece[at..][..part.file_bytes()];
                Ok(part.fill(raw)?)
            })
        })
    }

    /// Read rows of another type, which are f32 in memory.
    fn convert(
        &mut self,
        tensor: &Tensor<'_>,
        builder: &mut WeightBuilder,
        row: usize,
        rows: usize,
    ) -> Result<(), RuntimeError> {
        self.piece.resize(rows * tensor.row_bytes, 0);
        tensor
            .read(row, &mut self.piece)
            .map_err(|source| tensor.error(Failure::Read(source)))?;
        builder
            .push_rows(&tensor.as_floats(&self.piece)?)
            .map_err(|source| tensor.error(Failure::Weight(source)))
    }

    /// The first bytes of a weight of which `rows` rows were just read. Read again only where threads read: from an
    /// address it would be one more request.
    fn sample(&mut self, tensor: &Tensor<'_>, rows: usize) -> Result<Vec<u8>, RuntimeError> {
        let mut sample = vec![0; tensor.sample_bytes(rows)];
        match self.piece.get(..sample.len()) {
            Some(first) if tensor.source.as_shared().is_none() => sample.copy_from_slice(first),
            _ => tensor
                .read(0, &mut sample)
                .map_err(|source| tensor.error(Failure::Read(source)))?,
        }
        Ok(sample)
    }
}

/// Let the members of the pool take parts until none is left. Where some fail, the error is one of theirs.
fn share_out(
    pool: &mut Pool,
    buffers: &[Mutex<Vec<u8>>],
    parts: RowsParts<'_>,
    fill: impl Fn(RowsPart<'_>, &mut Vec<u8>) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let is_one = parts.left() <= 1;
    let parts = Mutex::new(parts);
    let failure = Mutex::new(None);
    let work = |member: usize| {
        let mut buffer = lock(&buffers[member]);
        while lock(&failure).is_none() {
            let Some(part) = lock(&parts).next() else {
                return;
            };
            if let Err(error) = fill(part, &mut buffer) {
                *lock(&failure) = Some(error);
            }
        }
    };
    if is_one {
        work(0);
    } else {
        pool.run(&|team| work(team.index));
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
