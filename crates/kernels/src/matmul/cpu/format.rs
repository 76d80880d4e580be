//! What the compiler knows of a tile's format.

use hearth_simd::Simd;

use crate::weight::TileFormat;

/// A [`TileFormat`] that the compiler knows.
pub(super) trait Format {
    const FORMAT: TileFormat;
    /// The bits of [`Simd::dot_codes`] for what codes stand for.
    const DOT_BITS: u32 = Self::FORMAT.bits();

    /// What codes stand for, plus the format's zero.
    #[inline(always)]
    fn look_up<S: Simd>(_: S, codes: S::I8) -> S::I8 {
        codes
    }
}

/// Groups have scales, and perhaps minima, of their own.
pub(super) struct Plain<const BITS: u32, const GROUP: usize, const MINIMUM: bool>;

impl<const BITS: u32, const GROUP: usize, const MINIMUM: bool> Format
    for Plain<BITS, GROUP, MINIMUM>
{
    const FORMAT: TileFormat = TileFormat::new(BITS, GROUP, MINIMUM);
}

/// Scales and minima are integers, with one unit for all groups of a tile.
pub(super) struct Nested<const BITS: u32, const GROUP: usize, const MINIMUM: bool>;

impl<const BITS: u32, const GROUP: usize, const MINIMUM: bool> Format
    for Nested<BITS, GROUP, MINIMUM>
{
    const FORMAT: TileFormat = TileFormat::new_nested(BITS, GROUP, MINIMUM);
}
