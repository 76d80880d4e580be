//! From the rows of a file to a [`CpuWeight`], piece by piece, so that a tensor is never in memory twice.
//!
//! A piece comes as bytes ([`WeightBuilder::push_rows`]), or in parts that threads read and lay out at once
//! ([`WeightBuilder::fill_rows`]).

use std::ops::Range;

use hearth_simd::Isa;
use hearth_tensor::DType;

use super::aligned::{GrowingBytes, Unwritten};
use super::format::{TILE_ROWS, TileFormat};
use super::pack::pack;
use super::{CpuWeight, Layout};

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
        self.bytes_of(self.rows)
    }

    /// Bytes that so many rows take in memory, with what a block of rows is filled up with.
    fn bytes_of(&self, rows: usize) -> usize {
        let (rows, row_bytes) = match self.layout {
            Layout::Rows => (rows, self.row_bytes()),
            Layout::Tiles(format) => (rows.div_ceil(TILE_ROWS), format.block_bytes(self.cols)),
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
    /// Rows that were to be filled in parts were left out.
    #[error("a part of {rows} rows was not filled")]
    Unfilled {
        /// Rows of the piece.
        rows: usize,
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
    isa: Isa,
    bytes: GrowingBytes,
    rows: usize,
}

impl WeightBuilder {
    /// A weight without rows yet. Takes all its memory at once.
    pub fn new(spec: WeightSpec) -> Self {
        Self::with_isa(spec, Isa::best())
    }

    /// [`WeightBuilder::new`] with the instruction set given.
    pub fn with_isa(spec: WeightSpec, isa: Isa) -> Self {
        WeightBuilder {
            spec,
            isa,
            bytes: GrowingBytes::with_capacity(spec.bytes()),
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
        self.fill_rows(rows, rows, |mut parts| {
            parts.try_for_each(|part| part.fill(raw))
        })
    }

    /// Take the next `rows` rows in parts of at least `part_rows`, which `fill` may hand out to threads. All of them
    /// must be filled; where one fails, the weight is as it was.
    pub fn fill_rows<E: From<WeightError>>(
        &mut self,
        rows: usize,
        part_rows: usize,
        fill: impl FnOnce(RowsParts<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check_rows(rows)?;
        let (first, spec, isa) = (self.rows, self.spec, self.isa);
        let unit = self.row_granularity();
        let part_rows = part_rows.next_multiple_of(unit).max(unit);
        let is_whole = self.bytes.extend_with(spec.bytes_of(rows), |bytes| {
            fill(RowsParts {
                spec,
                isa,
                rows: first..first + rows,
                part_rows,
                bytes: Some(bytes),
            })
        })?;
        if !is_whole {
            return Err(WeightError::Unfilled { rows }.into());
        }
        self.rows += rows;
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
            bytes: self.bytes.finish(),
        })
    }

    fn check_rows(&self, rows: usize) -> Result<(), WeightError> {
        let expected = self.spec.rows;
        let found = self.rows.saturating_add(rows);
        if found > expected {
            return Err(WeightError::TooManyRows { expected, found });
        }
        let granularity = self.row_granularity();
        if found < expected && !rows.is_multiple_of(granularity) {
            return Err(WeightError::Granularity { rows, granularity });
        }
        let WeightSpec { dtype, cols, .. } = self.spec;
        match self.spec.layout {
            Layout::Tiles(format) if TileFormat::for_dtype(dtype, cols) != Some(format) => {
                Err(WeightError::NoTiles { dtype, cols })
            }
            _ => Ok(()),
        }
    }
}

/// The parts of a piece, from the first row on.
#[derive(Debug)]
pub struct RowsParts<'a> {
    spec: WeightSpec,
    isa: Isa,
    /// Those that are not handed out yet.
    rows: Range<usize>,
    part_rows: usize,
    /// Their place; `None` only while it is split.
    bytes: Option<Unwritten<'a>>,
}

impl RowsParts<'_> {
    /// How many are left.
    pub fn left(&self) -> usize {
        self.rows.len().div_ceil(self.part_rows)
    }
}

impl<'a> Iterator for RowsParts<'a> {
    type Item = RowsPart<'a>;

    fn next(&mut self) -> Option<RowsPart<'a>> {
        if self.rows.is_empty() {
            return None;
        }
        let start = self.rows.start;
        self.rows.start += self.part_rows.min(self.rows.len());
        let rows = start..self.rows.start;
        let (now, rest) = self.bytes.take()?.split_at(self.spec.bytes_of(rows.len()));
        self.bytes = Some(rest);
        Some(RowsPart {
            spec: self.spec,
            isa: self.isa,
            rows,
            bytes: now,
        })
    }
}

/// Some rows of a weight that have a place, but are still to be filled.
#[derive(Debug)]
pub struct RowsPart<'a> {
    spec: WeightSpec,
    isa: Isa,
    rows: Range<usize>,
    bytes: Unwritten<'a>,
}

impl RowsPart<'_> {
    /// Which rows of the weight.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Bytes that they take in the file.
    pub fn file_bytes(&self) -> usize {
        self.rows.len() * self.spec.row_bytes()
    }

    /// Take the rows as they are in the file.
    pub fn fill(self, raw: &[u8]) -> Result<(), WeightError> {
        let row_bytes = self.spec.row_bytes();
        if raw.len() != self.file_bytes() {
            let bytes = raw.len();
            return Err(WeightError::PartialRow { bytes, row_bytes });
        }
        match self.spec.layout {
            Layout::Rows => self.bytes.zeroed().copy_from_slice(raw),
            Layout::Tiles(_) => self.pack(raw)?,
        }
        Ok(())
    }

    /// Take the rows as `read` gives them: to their place where they stay as they are, else by way of `buffer`.
    pub fn fill_with<E: From<WeightError>>(
        self,
        buffer: &mut Vec<u8>,
        read: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.spec.layout {
            Layout::Rows => read(self.bytes.zeroed()),
            Layout::Tiles(_) => {
                buffer.resize(self.file_bytes(), 0);
                read(buffer)?;
                Ok(self.pack(buffer)?)
            }
        }
    }

    fn pack(self, raw: &[u8]) -> Result<(), WeightError> {
        let WeightSpec { dtype, cols, .. } = self.spec;
        let first_row = self.rows.start;
        pack(self.isa, dtype, cols, raw, self.bytes.zeroed())
            .map_err(|error| error.after_rows(first_row))
    }
}

impl WeightError {
    /// The error with rows counted from another one.
    fn after_rows(self, rows: usize) -> Self {
        match self {
            WeightError::Scale { row, col } => WeightError::Scale {
                row: row + rows,
                col,
            },
            other => other,
        }
    }
}
