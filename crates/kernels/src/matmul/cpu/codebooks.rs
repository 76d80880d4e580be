//! Tiles whose codes stand for the values of a codebook: a shuffle of bytes looks the values up in a register.
//!
//! The values of FP4 are offset so that they are unsigned and small, which is the fast kind of product; those of IQ4
//! take all of a signed byte.

use std::marker::PhantomData;

use hearth_simd::Simd;

use super::tiles::Format;
use crate::dequantize::Codebook;
use crate::weight::TileFormat;

/// Four-bit codes that stand for the values of a codebook.
pub(super) struct Looked<C, const GROUP: usize>(PhantomData<C>);

/// A [`Codebook`] that the compiler knows.
pub(super) trait Book {
    const BOOK: Codebook;
    const OFFSET_VALUES: [u8; 16] = Self::BOOK.offset_values();

    /// As [`Simd::dot_codes`] for the offset values.
    fn dot<S: Simd>(simd: S, sums: S::Dot, values: [S::I8; 4], x: [S::I8; 4]) -> S::Dot;
}

/// [`Codebook::Iq4`].
pub(super) struct Iq4;

impl Book for Iq4 {
    const BOOK: Codebook = Codebook::Iq4;

    #[inline(always)]
    fn dot<S: Simd>(simd: S, sums: S::Dot, values: [S::I8; 4], x: [S::I8; 4]) -> S::Dot {
        simd.dot_codes::<{ Codebook::Iq4.offset_bits() }>(sums, values, x)
    }
}

/// [`Codebook::Fp4`].
pub(super) struct Fp4;

impl Book for Fp4 {
    const BOOK: Codebook = Codebook::Fp4;

    #[inline(always)]
    fn dot<S: Simd>(simd: S, sums: S::Dot, values: [S::I8; 4], x: [S::I8; 4]) -> S::Dot {
        simd.dot_codes::<{ Codebook::Fp4.offset_bits() }>(sums, values, x)
    }
}

impl<C: Book, const GROUP: usize> Format for Looked<C, GROUP> {
    const BITS: u32 = 4;
    const GROUP: usize = GROUP;
    const FORMAT: TileFormat = TileFormat::with_codebook(GROUP, C::BOOK);

    #[inline(always)]
    fn look_up<S: Simd>(simd: S, codes: [S::I8; 4]) -> [S::I8; 4] {
        let table = simd.table(&C::OFFSET_VALUES);
        let [a, b, c, d] = codes;
        [
            simd.look_up(table, a),
            simd.look_up(table, b),
            simd.look_up(table, c),
            simd.look_up(table, d),
        ]
    }
    #[inline(always)]
    fn dot<S: Simd>(simd: S, sums: S::Dot, codes: [S::I8; 4], x: [S::I8; 4]) -> S::Dot {
        C::dot(simd, sums, codes, x)
    }
}
