//! Rows of 8-bit activations as kernels read them: the same block of `T` rows side by side, so that one address, and
//! fixed distances from it, serve all of them; quads as the instructions want them.
//!
//! ```text
//! block: [each quad of each of T rows, as Simd::store_quad writes it] [likewise each pair of sums] [16 bytes for each of T rows]
//! ```
//! Where that is the row itself (one row, quads of four bytes) nothing is copied. A row is packed once for all columns of
//! a chunk, some hundred products for each of its elements, so packing costs some hundredths of them.

use std::marker::PhantomData;

use bytemuck::Pod;
use hearth_simd::Simd;

use super::format::Format;
use crate::quantize_rows::{BLOCK, LARGE_BLOCK, Q8Block, Q8Block256};

/// Bytes of a quad at most.
pub(super) const MAX_QUAD_BYTES: usize = 16;
/// Bytes of what follows quads and pairs, for one row.
const FACTORS: usize = 16;

/// A block of a row of activations: its codes, then pairs of 16-bit sums, then 16 bytes.
pub(super) trait Record: Pod {
    /// Elements.
    const ELEMS: usize;
    /// Quads of codes.
    const QUADS: usize = Self::ELEMS / 4;
    /// Pairs of sums.
    const PAIRS: usize;
    /// Bytes of the packed block of some rows.
    #[inline(always)]
    fn packed_bytes(rows: usize, quad_bytes: usize) -> usize {
        rows * ((Self::QUADS + Self::PAIRS) * quad_bytes + FACTORS)
    }
}

impl Record for Q8Block {
    const ELEMS: usize = BLOCK;
    const PAIRS: usize = 0;
}

impl Record for Q8Block256 {
    const ELEMS: usize = LARGE_BLOCK;
    const PAIRS: usize = (LARGE_BLOCK / 16 + LARGE_BLOCK / BLOCK) / 2;
}

/// Where in a [`Q8Block256`] the pairs of sums of 16 codes start, and those of 32.
pub(super) const fn first_pair(group: usize) -> usize {
    if group == BLOCK { LARGE_BLOCK / 32 } else { 0 }
}

const _: () = {
    assert!(size_of::<Q8Block>() == BLOCK + FACTORS);
    assert!(size_of::<Q8Block256>() == LARGE_BLOCK + 4 * Q8Block256::PAIRS + FACTORS);
};

/// Pack the same blocks of `T` rows to meet codes of format `F`. `to` has as many bytes as they take.
#[inline(always)]
pub(super) fn pack<S: Simd, F: Format, R: Record, const T: usize>(
    simd: S,
    rows: [&[R]; T],
    to: &mut [u8],
) {
    for (i, to) in to
        .chunks_exact_mut(R::packed_bytes(T, S::QUAD_BYTES))
        .enumerate()
    {
        let (quads, rest) = to.split_at_mut(T * R::QUADS * S::QUAD_BYTES);
        let (pairs, factors) = rest.split_at_mut(T * R::PAIRS * S::QUAD_BYTES);
        for (t, row) in rows.iter().enumerate() {
            let (words, _) = bytemuck::bytes_of(&row[i]).as_chunks::<4>();
            for (j, quad) in words[..R::QUADS].iter().enumerate() {
                let at = (j * T + t) * S::QUAD_BYTES;
                let quad = quad.map(|code| code as i8);
                simd.store_quad(F::DOT_BITS, quad, &mut quads[at..][..S::QUAD_BYTES]);
            }
            for (j, pair) in words[R::QUADS..][..R::PAIRS].iter().enumerate() {
                let at = (j * T + t) * S::QUAD_BYTES;
                let [a, b, c, d] = *pair;
                let pair = [[a, b], [c, d]].map(i16::from_ne_bytes);
                simd.store_pair(pair, &mut pairs[at..][..S::QUAD_BYTES]);
            }
            let last = words[R::QUADS + R::PAIRS..].as_flattened();
            factors[t * FACTORS..][..FACTORS].copy_from_slice(last);
        }
    }
}

/// `T` packed rows.
pub(super) struct Packed<'c, R, const T: usize>(&'c [u8], PhantomData<R>);

impl<'c, R: Record, const T: usize> Packed<'c, R, T> {
    /// What [`pack`] wrote.
    #[inline(always)]
    pub(super) fn new(bytes: &'c [u8]) -> Self {
        Packed(bytes, PhantomData)
    }

    /// The blocks.
    #[inline(always)]
    pub(super) fn blocks<S: Simd>(
        &self,
    ) -> impl ExactSizeIterator<Item = PackedBlock<'c, R, T>> + use<'c, S, R, T> {
        let blocks = self.0.chunks_exact(R::packed_bytes(T, S::QUAD_BYTES));
        blocks.map(|block| PackedBlock(block, PhantomData))
    }
}

impl<'c, R: Record> Packed<'c, R, 1> {
    /// One row. `scratch` holds at least [`one_row_bytes`].
    #[inline(always)]
    pub(super) fn one<S: Simd, F: Format>(
        simd: S,
        row: &'c [u8],
        scratch: &'c mut [u8],
    ) -> Packed<'c, R, 1> {
        if S::QUAD_BYTES == 4 {
            return Packed::new(row);
        }
        let row: &[R] = bytemuck::cast_slice(row);
        let packed = &mut scratch[..row.len() * R::packed_bytes(1, S::QUAD_BYTES)];
        pack::<S, F, R, 1>(simd, [row], packed);
        Packed::new(packed)
    }
}

/// Bytes that a packed row of `k` elements takes at most.
pub(super) fn one_row_bytes(k: usize) -> usize {
    let [small, large] = [
        k / BLOCK * Q8Block::packed_bytes(1, MAX_QUAD_BYTES),
        k / LARGE_BLOCK * Q8Block256::packed_bytes(1, MAX_QUAD_BYTES),
    ];
    small.max(large)
}

/// A block of `T` rows.
pub(super) struct PackedBlock<'c, R, const T: usize>(&'c [u8], PhantomData<R>);

impl<R, const T: usize> Clone for PackedBlock<'_, R, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, const T: usize> Copy for PackedBlock<'_, R, T> {}

impl<'c, R: Record, const T: usize> PackedBlock<'c, R, T> {
    /// The bytes of some quads, those of all rows of each side by side.
    #[inline(always)]
    pub(super) fn quads<S: Simd>(self, first: usize, count: usize) -> &'c [u8] {
        let bytes = T * S::QUAD_BYTES;
        &self.0[first * bytes..][..count * bytes]
    }

    /// Pair `i` of row `t`.
    #[inline(always)]
    pub(super) fn pair<S: Simd>(self, simd: S, t: usize, i: usize) -> S::Pairs {
        simd.load_pair(&self.0[((R::QUADS + i) * T + t) * S::QUAD_BYTES..])
    }

    /// The last 16 bytes of row `t`.
    #[inline(always)]
    pub(super) fn factors<S: Simd>(self, t: usize) -> &'c [u8; FACTORS] {
        let at = T * (R::QUADS + R::PAIRS) * S::QUAD_BYTES + t * FACTORS;
        let factors = self.0[at..].first_chunk();
        factors.expect("a block holds the factors of all rows")
    }
}
