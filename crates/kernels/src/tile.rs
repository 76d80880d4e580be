//! The part of an output that one thread owns: a rectangle of rows and columns of a row-major matrix.
//!
//! An executor cuts each output into disjoint tiles, one per thread, and hands every kernel call its own. A tile only
//! gives out rows of its rectangle, so kernels are safe code. This is one of the few files with `unsafe`.

use std::marker::PhantomData;
use std::ops::Range;

use half::f16;

/// A rectangle of a row-major matrix, writable by its owner only.
#[derive(Debug)]
pub struct TileMut<'a, T> {
    base: *mut T,
    stride: usize,
    rows: Range<usize>,
    cols: Range<usize>,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: a tile is an exclusive borrow of its rectangle, as `&mut [T]` is of a slice; `from_raw` demands it.
unsafe impl<T: Send> Send for TileMut<'_, T> {}

impl<'a, T> TileMut<'a, T> {
    /// The whole of `data`, as rows of `cols` elements.
    pub fn whole(data: &'a mut [T], cols: usize) -> Self {
        let rows = data.len().checked_div(cols).unwrap_or(0);
        TileMut {
            base: data.as_mut_ptr(),
            stride: cols,
            rows: 0..rows,
            cols: 0..cols,
            owner: PhantomData,
        }
    }

    /// A rectangle of `data`, which lies as rows of `stride` elements.
    pub fn part(data: &'a mut [T], stride: usize, rows: Range<usize>, cols: Range<usize>) -> Self {
        assert!(
            cols.start <= cols.end && cols.end <= stride,
            "a tile's columns lie within a row"
        );
        assert!(
            rows.end
                .checked_mul(stride)
                .is_some_and(|end| end <= data.len()),
            "a tile's rows lie within the matrix"
        );
        TileMut {
            base: data.as_mut_ptr(),
            stride,
            rows,
            cols,
            owner: PhantomData,
        }
    }

    /// A rectangle of the matrix that starts at `base` and has `stride` elements a row.
    ///
    /// # Safety
    /// For `'a`, the elements of the rectangle must be valid and initialised, and nothing else may read or write them.
    pub unsafe fn from_raw(
        base: *mut T,
        stride: usize,
        rows: Range<usize>,
        cols: Range<usize>,
    ) -> Self {
        assert!(cols.end <= stride, "a tile's columns lie within a row");
        TileMut {
            base,
            stride,
            rows,
            cols,
            owner: PhantomData,
        }
    }

    /// Row numbers of this tile within the matrix.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Column numbers of this tile within the matrix.
    pub fn cols(&self) -> Range<usize> {
        self.cols.clone()
    }

    /// The tile's columns of matrix row `row`. Panics if the row is not in the tile.
    #[inline]
    pub fn row(&mut self, row: usize) -> &mut [T] {
        assert!(self.rows.contains(&row), "row lies within the tile");
        // SAFETY: `row` and `cols` lie in the rectangle, which the constructor granted for `'a`; the borrow of
        // `self` keeps a second row from being handed out meanwhile.
        unsafe {
            let start = self.base.add(row * self.stride + self.cols.start);
            std::slice::from_raw_parts_mut(start, self.cols.len())
        }
    }
}

/// An output tile of any element type.
#[derive(Debug)]
pub enum OutTile<'a> {
    /// f32 activations or state.
    F32(TileMut<'a, f32>),
    /// Half-precision state.
    F16(TileMut<'a, f16>),
    /// Numbers of rows and experts.
    I32(TileMut<'a, i32>),
    /// Rows of bytes: quantised activations, cells of a Q8_0 cache.
    Bytes(TileMut<'a, u8>),
}

impl<'a> OutTile<'a> {
    /// The tile as f32. Panics for other elements: the graph's types rule them out.
    pub fn f32(&mut self) -> &mut TileMut<'a, f32> {
        match self {
            OutTile::F32(tile) => tile,
            other => panic!("the contract promises an f32 output, got {other:?}"),
        }
    }

    /// The tile as i32. Panics for other elements: the graph's types rule them out.
    pub fn i32(&mut self) -> &mut TileMut<'a, i32> {
        match self {
            OutTile::I32(tile) => tile,
            other => panic!("the contract promises an i32 output, got {other:?}"),
        }
    }

    /// The tile as rows of bytes. Panics for other elements: the graph's types rule them out.
    pub fn bytes(&mut self) -> &mut TileMut<'a, u8> {
        match self {
            OutTile::Bytes(tile) => tile,
            other => panic!("the contract promises a byte output, got {other:?}"),
        }
    }

    /// Row numbers of this tile.
    pub fn rows(&self) -> Range<usize> {
        match self {
            OutTile::F32(t) => t.rows(),
            OutTile::F16(t) => t.rows(),
            OutTile::I32(t) => t.rows(),
            OutTile::Bytes(t) => t.rows(),
        }
    }

    /// Column numbers of this tile.
    pub fn cols(&self) -> Range<usize> {
        match self {
            OutTile::F32(t) => t.cols(),
            OutTile::F16(t) => t.cols(),
            OutTile::I32(t) => t.cols(),
            OutTile::Bytes(t) => t.cols(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disjoint_tiles_write_their_own_columns() {
        let mut data = vec![0u8; 12];
        let base = data.as_mut_ptr();
        for (value, cols) in [(1, 0..3), (2, 3..4)] {
            // SAFETY: the two column ranges are disjoint and `data` outlives both tiles.
            let mut tile = unsafe { TileMut::from_raw(base, 4, 0..3, cols) };
            for row in tile.rows() {
                tile.row(row).fill(value);
            }
        }
        assert_eq!(data, [1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2]);
    }

    #[test]
    #[should_panic(expected = "within the tile")]
    fn rows_outside_panic() {
        TileMut::whole(&mut [0u8; 4], 2).row(2);
    }
}
