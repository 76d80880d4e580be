//! From the rows of a file to a [`CpuWeight`], piece by piece, so that a tensor is never in memory twice.

use hearth_tensor::DType;

use super::format::{TILE_ROWS, TileFormat};
use super::tiles::Codes;
use super::{AlignedBytes, CpuWeight, Layout};
use crate::dequantize::{Affine, AffineVisitor, MAX_BLOCK, visit_affine};

/// What a weight is, and how it is to lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightSpec {
    /// Element type in the file.
    pub dtype: DType,
    /// Rows; 1 for vectors.
    pub rows: usize,
    /// Elements of a row.
    pub cols: usize,
    /// Order of the bytes.
    pub layout: Layout,
}

impl WeightSpec {
    /// Bytes that the weight takes in memory; `usize::MAX` if they cannot be counted.
    pub fn bytes(&self) -> usize {
        let (rows, row_bytes) = match self.layout {
            Layout::Rows => (self.rows, self.row_bytes()),
            Layout::Tiles(format) => (self.rows.div_ceil(TILE_ROWS), format.block_bytes(self.cols)),
        };
        rows.saturating_mul(row_bytes)
    }

    /// Bytes of a row in the file.
    fn row_bytes(&self) -> usize {
        self.dtype.bytes_for(self.cols).unwrap_or(usize::MAX)
    }
}

/// The rows of a file do not make the weight that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightError {
    /// A piece does not end at a row.
    #[error("a piece of {bytes} bytes holds no whole number of rows of {row_bytes} bytes")]
    PartialRow {
        /// Bytes of the piece.
        bytes: usize,
        /// Bytes of a row.
        row_bytes: usize,
    },
    /// A piece that is not the last one ends within a block of rows.
    #[error("a piece of {rows} rows is no multiple of {granularity} rows, and more must follow")]
    Granularity {
        /// Rows of the piece.
        rows: usize,
        /// What they must be a multiple of.
        granularity: usize,
    },
    /// More rows than the weight has.
    #[error("{found} rows were given for a weight of {expected}")]
    TooManyRows {
        /// Rows of the weight.
        expected: usize,
        /// Rows given.
        found: usize,
    },
    /// Fewer rows than the weight has.
    #[error("only {found} of {expected} rows were given")]
    MissingRows {
        /// Rows of the weight.
        expected: usize,
        /// Rows given.
        found: usize,
    },
    /// A scale is too large for half precision, infinite or not a number.
    #[error(
        "the scale of row {row}, column {col} is too large or not a number: the file is damaged, or the exact path \
         (f32 activations) must be taken"
    )]
    Scale {
        /// Row of the group.
        row: usize,
        /// First column of the group.
        col: usize,
    },
    /// The element type has no such tiles.
    #[error("weights of type {dtype} with {cols} columns have no such tiles")]
    NoTiles {
        /// The weight's type.
        dtype: DType,
        /// Its columns.
        cols: usize,
    },
}

/// Takes the rows of a weight as they come and brings them in order.
#[derive(Debug)]
pub struct WeightBuilder {
    spec: WeightSpec,
    bytes: AlignedBytes,
    rows: usize,
}

impl WeightBuilder {
    /// A weight without rows yet. Takes all its memory at once.
    pub fn new(spec: WeightSpec) -> Self {
        WeightBuilder {
            spec,
            bytes: AlignedBytes::zeroed(spec.bytes()),
            rows: 0,
        }
    }

    /// Every piece but the last must be a multiple of so many rows.
    pub fn row_granularity(&self) -> usize {
        match self.spec.layout {
            Layout::Rows => 1,
            Layout::Tiles(_) => TILE_ROWS,
        }
    }

    /// Take the next rows, as they are in the file.
    pub fn push_rows(&mut self, raw: &[u8]) -> Result<(), WeightError> {
        let row_bytes = self.spec.row_bytes();
        if row_bytes == 0 || !raw.len().is_multiple_of(row_bytes) {
            let bytes = raw.len();
            return Err(WeightError::PartialRow { bytes, row_bytes });
        }
        let rows = raw.len() / row_bytes;
        let (found, expected) = (self.rows + rows, self.spec.rows);
        if found > expected {
            return Err(WeightError::TooManyRows { expected, found });
        }
        let granularity = self.row_granularity();
        if found < expected && !rows.is_multiple_of(granularity) {
            return Err(WeightError::Granularity { rows, granularity });
        }
        match self.spec.layout {
            Layout::Rows => {
                self.bytes[self.rows * row_bytes..][..raw.len()].copy_from_slice(raw);
            }
            Layout::Tiles(format) => self.pack(format, raw)?,
        }
        self.rows = found;
        Ok(())
    }

    /// The weight, once all rows were given.
    pub fn finish(self) -> Result<CpuWeight, WeightError> {
        let (expected, found) = (self.spec.rows, self.rows);
        if found < expected {
            return Err(WeightError::MissingRows { expected, found });
        }
        Ok(CpuWeight {
            dtype: self.spec.dtype,
            rows: self.spec.rows,
            cols: self.spec.cols,
            layout: self.spec.layout,
            bytes: self.bytes,
        })
    }

    fn pack(&mut self, format: TileFormat, raw: &[u8]) -> Result<(), WeightError> {
        let (dtype, cols) = (self.spec.dtype, self.spec.cols);
        let no_tiles = WeightError::NoTiles { dtype, cols };
        if TileFormat::for_dtype(dtype, cols) != Some(format) {
            return Err(no_tiles);
        }
        let start = self.rows / TILE_ROWS * format.block_bytes(cols);
        let pack = Pack {
            format,
            cols,
            first_row: self.rows,
            raw,
            tiles: &mut self.bytes[start..],
        };
        visit_affine(dtype, pack).unwrap_or(Err(no_tiles))
    }
}

/// Packs whole rows into tiles that are zero.
struct Pack<'a> {
    format: TileFormat,
    cols: usize,
    first_row: usize,
    raw: &'a [u8],
    tiles: &'a mut [u8],
}

impl AffineVisitor for Pack<'_> {
    type Output = Result<(), WeightError>;

    fn visit<B: Affine>(self) -> Result<(), WeightError> {
        let blocks: &[B] = bytemuck::cast_slice(self.raw);
        let per_row = self.cols / B::DTYPE.block_elems();
        if per_row == 0 {
            return Ok(());
        }
        let row_tiles = self.format.block_bytes(self.cols);
        for (i, row) in blocks.chunks_exact(per_row).enumerate() {
            let tiles = &mut self.tiles[i / TILE_ROWS * row_tiles..][..row_tiles];
            pack_row(self.format, row, i % TILE_ROWS, tiles).map_err(|col| {
                let row = self.first_row + i;
                WeightError::Scale { row, col }
            })?;
        }
        Ok(())
    }
}

/// Pack one row; the error is the column of a scale that is not finite.
fn pack_row<B: Affine>(
    format: TileFormat,
    blocks: &[B],
    row: usize,
    tiles: &mut [u8],
) -> Result<(), usize> {
    let elems = B::DTYPE.block_elems();
    let per_block = format.block_bytes(elems);
    for (b, (block, tiles)) in blocks
        .iter()
        .zip(tiles.chunks_exact_mut(per_block))
        .enumerate()
    {
        let mut codes = [0; MAX_BLOCK];
        block.codes(&mut codes[..elems]);
        let (codes, _): (&[Codes], _) = codes[..elems].as_chunks();
        for (i, codes) in codes.iter().enumerate() {
            let (tile, run) = (i / format.runs(), i % format.runs());
            let tile = &mut tiles[tile * format.tile_bytes()..][..format.tile_bytes()];
            format.put_codes(tile, run, row, codes);
            for g in 0..format.groups() {
                let (group, in_tile) = (i * format.groups() + g, run * format.groups() + g);
                let put = if B::NESTED {
                    format.put_nested(tile, row, in_tile, block.nested(group))
                } else {
                    let scales = [block.scale(group), block.minimum(group)];
                    format.put_scale(tile, row, in_tile, scales)
                };
                put.ok_or(b * elems + group * B::GROUP)?;
            }
        }
    }
    Ok(())
}
