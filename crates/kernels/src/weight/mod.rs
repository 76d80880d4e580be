//! How a weight lies in the CPU's memory.
//!
//! | file | holds |
//! |---|---|
//! | `aligned.rs` | bytes at cache lines |
//! | `builder.rs` | from the rows of a file to a [`CpuWeight`], piece by piece |
//! | `pack.rs` | from rows to tiles |
//! | `format.rs` | what tiles hold, for each type |
//! | `tiles.rs` | the layout of the fast matrix product: sixteen rows side by side |

mod aligned;
mod builder;
mod format;
mod pack;
mod tiles;

#[cfg(test)]
mod tests;

use hearth_tensor::DType;

use crate::dequantize;

pub use aligned::AlignedBytes;
pub use builder::{RowsPart, RowsParts, WeightBuilder, WeightError, WeightSpec};
pub(crate) use format::{SIX_BIT_VECTORS, STRIP_RUNS, VECTOR};
pub use format::{TILE_COLS, TILE_ROWS, TileFormat};
pub(crate) use tiles::place as quad_place;

/// The order of a weight's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// As in the file: rows of GGML blocks.
    Rows,
    /// Sixteen rows side by side, for products with 8-bit activations.
    Tiles(TileFormat),
}

/// A weight matrix `[rows, cols]`, resident in memory.
#[derive(Clone, Debug)]
pub struct CpuWeight {
    /// Element type in the file.
    pub dtype: DType,
    /// Rows; 1 for vectors.
    pub rows: usize,
    /// Elements of a row.
    pub cols: usize,
    /// Order of the bytes.
    pub layout: Layout,
    /// The bytes.
    pub bytes: AlignedBytes,
}

impl CpuWeight {
    /// The elements of an F32 weight in rows. Panics for others: contracts ask for F32 where this is called.
    pub fn f32(&self) -> &[f32] {
        assert_eq!(
            (self.dtype, self.layout),
            (DType::F32, Layout::Rows),
            "the contract promises an f32 weight"
        );
        bytemuck::cast_slice(&self.bytes)
    }

    /// The bytes of some whole rows of a weight in [`Layout::Rows`]. Panics if there are no such rows.
    pub(crate) fn raw_rows(&self, rows: std::ops::Range<usize>) -> &[u8] {
        assert_eq!(
            self.layout,
            Layout::Rows,
            "only rows have bytes of their own"
        );
        let row_bytes = self.cols / self.dtype.block_elems() * self.dtype.block_bytes();
        &self.bytes[rows.start * row_bytes..rows.end * row_bytes]
    }

    /// The elements of one row, whatever the layout. Panics if there is no such row, or if `out` has another length.
    ///
    /// Tiles hold the scales of IQ4_XS rounded to half precision, so these differ from the file's by up to 2^-11.
    pub fn row_into(&self, row: usize, out: &mut [f32]) {
        assert!(
            row < self.rows && out.len() == self.cols,
            "row {row} of {} elements lies within [{}, {}]",
            out.len(),
            self.rows,
            self.cols
        );
        match self.layout {
            Layout::Rows => {
                dequantize::dequantize_row_into(self.dtype, self.raw_rows(row..row + 1), out)
                    .expect(
                        "weights that cannot be dequantised are refused when the program is built",
                    );
            }
            Layout::Tiles(format) => format.row_into(&self.bytes, row, out),
        }
    }
}
