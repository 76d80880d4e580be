//! Rows of 8-bit activations as the tile kernel reads them: the same block of `T` rows side by side, so that one address,
//! and fixed distances from it, serve all of them; quads as the instructions want them.
//!
//! ```text
//! block: [8 times the quad of each of T rows, as Simd::store_quad writes it] [T Factors]
//! ```
//! Where that is the row itself (one row, quads of four bytes) nothing is copied. A row is packed once for all columns of
//! a chunk, some hundred products for each of its elements, so packing costs some hundredths of them.

use bytemuck::bytes_of;
use hearth_simd::Simd;

use crate::quantize_rows::{BLOCK, Factors, HALF, Q8Block, blocks_of};

/// Rows that are packed together at most, and bytes of a quad.
const MAX_ROWS: usize = 8;
const MAX_QUAD_BYTES: usize = 16;
/// Bytes of the factors of one row's block.
const FACTORS: usize = size_of::<Factors>();
/// Quads of a block of one row, and of half of it.
const QUADS: usize = BLOCK / 4;
const QUADS_OF_HALF: usize = HALF / 4;

/// f32 elements of scratch memory that packed rows of `k` elements take.
pub(super) const fn scratch_floats(k: usize) -> usize {
    k / BLOCK * block_bytes(MAX_ROWS, MAX_QUAD_BYTES) / size_of::<f32>()
}

/// Bytes of a block of some rows.
const fn block_bytes(rows: usize, quad_bytes: usize) -> usize {
    rows * (QUADS * quad_bytes + FACTORS)
}

const _: () = assert!(size_of::<Q8Block>() == block_bytes(1, 4));

/// `T` packed rows.
#[derive(Clone, Copy)]
pub(super) struct Packed<'c, const T: usize>(&'c [u8]);

impl<'c, const T: usize> Packed<'c, T> {
    /// Pack rows of [`Q8Block`]s to meet codes of `BITS` bits. `scratch` holds at least [`scratch_floats`] of them.
    #[inline(always)]
    pub(super) fn new<S: Simd, const BITS: u32>(
        simd: S,
        rows: [&'c [u8]; T],
        scratch: &'c mut [u8],
    ) -> Self {
        const { assert!(T <= MAX_ROWS) };
        if let ([row], 4) = (&rows[..], S::QUAD_BYTES) {
            return Packed(row);
        }
        let bytes = block_bytes(T, S::QUAD_BYTES);
        let rows = rows.map(blocks_of);
        let packed = &mut scratch[..rows[0].len() * bytes];
        for (i, to) in packed.chunks_exact_mut(bytes).enumerate() {
            let (quads, factors) = to.split_at_mut(T * QUADS * S::QUAD_BYTES);
            let factors = factors.chunks_exact_mut(FACTORS);
            for (t, (row, factors)) in rows.iter().zip(factors).enumerate() {
                let (codes, _) = row[i].codes.as_chunks();
                for (j, &quad) in codes.iter().enumerate() {
                    let at = (j * T + t) * S::QUAD_BYTES;
                    simd.store_quad::<BITS>(quad, &mut quads[at..][..S::QUAD_BYTES]);
                }
                factors.copy_from_slice(bytes_of(&row[i].factors));
            }
        }
        Packed(packed)
    }

    /// The blocks.
    #[inline(always)]
    pub(super) fn blocks<S: Simd>(self) -> impl ExactSizeIterator<Item = PackedBlock<'c, T>> {
        let blocks = self.0.chunks_exact(block_bytes(T, S::QUAD_BYTES));
        blocks.map(PackedBlock)
    }
}

/// A block of `T` rows.
#[derive(Clone, Copy)]
pub(super) struct PackedBlock<'c, const T: usize>(&'c [u8]);

impl<'c, const T: usize> PackedBlock<'c, T> {
    /// Quad `j` of row `t`.
    #[inline(always)]
    pub(super) fn quad<S: Simd>(self, simd: S, t: usize, j: usize) -> S::Quad {
        simd.load_quad(&self.0[(j * T + t) * S::QUAD_BYTES..])
    }

    /// Without the quads of the first halves; the factors are then out of place.
    #[inline(always)]
    pub(super) fn skip_halves<S: Simd>(self, halves: usize) -> Self {
        PackedBlock(&self.0[halves * QUADS_OF_HALF * T * S::QUAD_BYTES..])
    }

    /// The [`Factors`] of row `t`.
    #[inline(always)]
    pub(super) fn factors<S: Simd>(self, t: usize) -> &'c [u8; FACTORS] {
        let factors = self.0[T * QUADS * S::QUAD_BYTES + t * FACTORS..].first_chunk();
        factors.expect("a block holds the factors of all rows")
    }
}
