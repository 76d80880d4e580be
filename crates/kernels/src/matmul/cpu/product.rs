//! One product as both ways compute it: which rows of `x` meet which rows of the weight, and where the sums go.

use std::ops::Range;

use hearth_simd::Isa;

use super::epilogue::Epilogue;
use super::{rows, tiles};
use crate::cpu::Operand;
use crate::tile::TileMut;
use crate::weight::{CpuWeight, Layout};

/// A product with `n` rows of a weight, `n` being the width of the output.
pub(crate) struct Product<'c, 'a> {
    /// Instructions to use.
    pub(crate) isa: Isa,
    /// Rows of f32, or of 8-bit activations where the weight lies in tiles.
    pub(crate) x: Operand<'c>,
    /// The weight.
    pub(crate) w: &'c CpuWeight,
    /// The weight's row that belongs to column 0 of the output; whole tiles lie before it.
    pub(crate) first: usize,
    /// What is computed.
    pub(crate) rows: RowList<'c>,
    /// What is added.
    pub(crate) epilogue: Epilogue<'c>,
    /// Where it goes; only its columns are computed.
    pub(crate) y: &'c mut TileMut<'a, f32>,
}

impl Product<'_, '_> {
    /// Compute it. `scratch` has at least [`scratch_floats`] elements.
    pub(crate) fn run(self, scratch: &mut [f32]) {
        match self.w.layout {
            Layout::Rows => rows::run(self, scratch),
            Layout::Tiles(format) => tiles::run(self, format, scratch),
        }
    }

    /// Write the finished sums of some columns of row `i` of the list.
    pub(super) fn write(&mut self, i: usize, cols: Range<usize>, sums: &[f32]) {
        let [row, _] = self.rows.at(i);
        let start = self.y.cols().start;
        let y = &mut self.y.row(row)[cols.start - start..cols.end - start];
        y.copy_from_slice(sums);
        self.epilogue.add_to(row, cols, y);
    }
}

/// f32 elements of scratch memory for rows of `k` elements.
pub(crate) fn scratch_floats(layout: Layout, k: usize) -> usize {
    match layout {
        Layout::Rows => rows::ROWS * k,
        Layout::Tiles(_) => tiles::scratch_floats(k),
    }
}

/// Rows of the output, and which row of `x` each is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowList<'c> {
    /// So many rows from the first one on, each made of the same row of `x`.
    Run {
        /// The first row.
        first: usize,
        /// How many.
        len: usize,
    },
    /// These rows; row `r` is made of row `r / per_x` of `x`.
    Picked {
        /// Row numbers.
        rows: &'c [u32],
        /// Rows of the output for each of `x`.
        per_x: usize,
    },
}

impl RowList<'_> {
    /// How many rows.
    pub(super) fn len(self) -> usize {
        match self {
            RowList::Run { len, .. } => len,
            RowList::Picked { rows, .. } => rows.len(),
        }
    }

    /// Row `i` of the list: its number in the output and in `x`.
    #[inline(always)]
    pub(super) fn at(self, i: usize) -> [usize; 2] {
        match self {
            RowList::Run { first, .. } => [first + i; 2],
            RowList::Picked { rows, per_x } => [rows[i] as usize, rows[i] as usize / per_x],
        }
    }
}
