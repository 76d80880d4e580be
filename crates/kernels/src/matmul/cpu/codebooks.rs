//! Tiles whose codes stand for the values of a codebook: a shuffle of bytes looks the values up in a register.
//!
//! The values of FP4 are offset so that they are unsigned and small, which is the fast kind of product; those of IQ4
//! take all of a signed byte.

use std::marker::PhantomData;

use hearth_simd::Simd;

use super::format::Format;
use crate::dequantize::Codebook;
use crate::weight::TileFormat;

/// Four-bit codes that stand for the values of a codebook.
pub(super) struct Looked<C, const GROUP: usize>(PhantomData<C>);

/// A [`Codebook`] that the compiler knows.
pub(super) trait Book {
    const BOOK: Codebook;
    const OFFSET_VALUES: [u8; 16] = Self::BOOK.offset_values();
}

/// [`Codebook::Iq4`].
pub(super) struct Iq4;

impl Book for Iq4 {
    const BOOK: Codebook = Codebook::Iq4;
}

/// [`Codebook::Fp4`].
pub(super) struct Fp4;

impl Book for Fp4 {
    const BOOK: Codebook = Codebook::Fp4;
}

impl<C: Book, const GROUP: usize> Format for Looked<C, GROUP> {
    const FORMAT: TileFormat = TileFormat::with_codebook(GROUP, C::BOOK);
    const DOT_BITS: u32 = C::BOOK.offset_bits();

    #[inline(always)]
    fn look_up<S: Simd>(simd: S, codes: S::I8) -> S::I8 {
        simd.look_up(simd.table(&C::OFFSET_VALUES), codes)
    }
}
