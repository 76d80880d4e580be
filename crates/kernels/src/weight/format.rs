//! What tiles hold, and where in them it lies; `tiles.rs` has the picture.

use hearth_tensor::DType;

use crate::dequantize::{Affine, AffineVisitor, Codebook, visit_affine};
use crate::quantize_rows::Blocks;

/// Rows of a tile.
pub const TILE_ROWS: usize = 16;
/// Columns of a tile.
pub const TILE_COLS: usize = 32;
/// Consecutive columns that share a 32-bit lane.
pub(super) const QUAD: usize = 4;
/// Bytes of a vector: a quad of each row.
pub(crate) const VECTOR: usize = TILE_ROWS * QUAD;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileFormat {
    /// Bits of a code: 3, 4, 5 or 6, unsigned, or 8, signed.
    bits: u8,
    /// Columns that share a scale: 16 or 32.
    group: u8,
    /// True if groups have minima.
    minimum: bool,
    /// What codes of four bits stand for, where it is not themselves.
    codebook: Option<Codebook>,
    /// True if scales and minima are integers, times a number for all groups of a tile.
    nested: bool,
}

/// Vectors of four quads of 6-bit codes.
pub(crate) const SIX_BIT_VECTORS: usize = 3;

/// Runs of 32 columns in a nested tile, and in a strip of it.
const NESTED_RUNS: usize = 8;
pub(crate) const STRIP_RUNS: usize = 2;
/// Bytes that come before the codes of a strip: the integers of its groups.
const STRIP_HEADER: usize = 4 * TILE_ROWS;

/// Tiles may take this many times the bytes of the file, in percent: types that would take more stay in rows.
const MAX_PERCENT: usize = 120;

struct FormatOf;

impl AffineVisitor for FormatOf {
    type Output = TileFormat;
    fn visit<B: Affine>(self) -> TileFormat {
        match B::CODEBOOK {
            Some(codebook) => TileFormat::with_codebook(B::GROUP, codebook),
            None if B::NESTED => TileFormat::new_nested(B::BITS, B::GROUP, B::MINIMUM),
            None => TileFormat::new(B::BITS, B::GROUP, B::MINIMUM),
        }
    }
}

impl TileFormat {
    /// The tiles for rows of `cols` elements of `dtype`, if the fast matrix product has a kernel for them.
    pub fn for_dtype(dtype: DType, cols: usize) -> Option<Self> {
        let format = visit_affine(dtype, FormatOf)?;
        let bits_in_file = dtype.block_bytes() * 8 * 100 / dtype.block_elems();
        let bits = format.tile_bytes() * 8 * 100 / (TILE_ROWS * format.cols());
        let fits = cols.is_multiple_of(format.cols()) && bits * 100 <= bits_in_file * MAX_PERCENT;
        fits.then_some(format)
    }

    pub(crate) const fn new(bits: u32, group: usize, minimum: bool) -> Self {
        TileFormat {
            bits: bits as u8,
            group: group as u8,
            minimum,
            codebook: None,
            nested: false,
        }
    }

    pub(crate) const fn new_nested(bits: u32, group: usize, minimum: bool) -> Self {
        TileFormat {
            nested: true,
            ..Self::new(bits, group, minimum)
        }
    }

    pub(crate) const fn with_codebook(group: usize, codebook: Codebook) -> Self {
        TileFormat {
            codebook: Some(codebook),
            ..Self::new(4, group, false)
        }
    }

    /// Bits of a code.
    pub const fn bits(self) -> u32 {
        self.bits as u32
    }

    /// Columns that share a scale.
    pub const fn group(self) -> usize {
        self.group as usize
    }

    /// True if groups have minima.
    pub const fn has_minimum(self) -> bool {
        self.minimum
    }

    /// What codes of four bits stand for, where it is not themselves.
    pub const fn codebook(self) -> Option<Codebook> {
        self.codebook
    }

    /// What is subtracted from a code, or from the offset value that it stands for.
    pub const fn zero(self) -> i32 {
        match self.codebook {
            Some(codebook) => codebook.offset() as i32,
            None if self.minimum || self.bits == 8 => 0,
            None => 1 << (self.bits - 1),
        }
    }

    /// True if the elements of a group have something in common: a minimum, or a zero that is subtracted.
    pub(crate) const fn has_offset(self) -> bool {
        self.minimum || self.zero() != 0
    }

    /// What a code stands for.
    pub(super) fn value(self, code: i8) -> i32 {
        match self.codebook {
            Some(codebook) => i32::from(codebook.value(code)),
            None => i32::from(code) - self.zero(),
        }
    }

    /// True if scales are bf16.
    pub(crate) const fn has_wide_scales(self) -> bool {
        matches!(self.codebook, Some(Codebook::Fp4))
    }

    /// True if scales and minima are integers, times a number for all groups of a tile.
    pub const fn is_nested(self) -> bool {
        self.nested
    }

    /// The blocks of activations that the format's products take: nested tiles add up integers over all their columns.
    pub const fn activations(self) -> Blocks {
        if self.nested {
            Blocks::Of256
        } else {
            Blocks::Of32
        }
    }

    /// Runs of 32 columns in a tile.
    pub(crate) const fn runs(self) -> usize {
        if self.nested { NESTED_RUNS } else { 1 }
    }

    /// Columns of a tile.
    pub const fn cols(self) -> usize {
        self.runs() * TILE_COLS
    }

    /// Bytes of the codes of a run.
    pub(crate) const fn run_bytes(self) -> usize {
        self.bits as usize * VECTOR
    }

    /// Where the codes of a run start.
    pub(crate) const fn codes_at(self, run: usize) -> usize {
        let strips = if self.nested { run / STRIP_RUNS + 1 } else { 0 };
        run * self.run_bytes() + strips * STRIP_HEADER
    }

    /// Bits of the first and the second plane. Codes of 6 bits have none.
    pub(crate) const fn planes(bits: u32) -> [u32; 2] {
        match bits {
            3 => [2, 1],
            5 => [4, 1],
            whole => [whole, 0],
        }
    }

    /// Bytes of one 16-bit number for each row.
    pub(super) const HALVES: usize = 2 * TILE_ROWS;
    /// Bytes of two 8-bit numbers for each row.
    const PAIRS: usize = 2 * TILE_ROWS;

    /// Groups of a run.
    pub(crate) const fn groups(self) -> usize {
        TILE_COLS / self.group as usize
    }

    /// Pairs of groups of a nested tile.
    pub(crate) const fn pairs(self) -> usize {
        self.runs() * self.groups() / 2
    }

    /// True if a byte of a nested tile holds both the scale, in its low half, and the minimum of a group.
    pub(crate) const fn has_nibbles(self) -> bool {
        self.nested && self.bits == 2
    }

    /// Where the scales of a pair of groups of a nested tile start.
    pub(crate) const fn scale_pairs_at(self, pair: usize) -> usize {
        let pairs = self.pairs() / (NESTED_RUNS / STRIP_RUNS);
        pair / pairs * self.strip_bytes() + pair % pairs * Self::PAIRS
    }

    /// Bytes of a strip of a nested tile.
    pub(crate) const fn strip_bytes(self) -> usize {
        STRIP_HEADER + STRIP_RUNS * self.run_bytes()
    }

    /// Where what an offset takes times of a pair of groups starts: minima, or where there are none scales.
    pub(crate) const fn offset_pairs_at(self, pair: usize) -> usize {
        let apart = self.minimum && !self.has_nibbles();
        let scales = if apart { Self::PAIRS } else { 0 };
        self.scale_pairs_at(pair) + scales
    }

    /// Where the scales of a tile start, or the unit of its scales.
    pub(crate) const fn scales_at(self) -> usize {
        if self.nested {
            self.scale_pairs_at(self.pairs())
        } else {
            self.codes_at(self.runs())
        }
    }

    /// Where the minima of a tile start, or the unit of its minima.
    pub(crate) const fn minima_at(self) -> usize {
        let scales = if self.nested { 1 } else { self.groups() };
        self.scales_at() + scales * Self::HALVES
    }

    /// Bytes of a tile.
    pub const fn tile_bytes(self) -> usize {
        // Nested tiles keep to cache lines.
        let minima = if self.minimum || self.nested {
            self.minima_at() - self.scales_at()
        } else {
            0
        };
        self.minima_at() + minima
    }

    /// Bytes of a block of rows.
    pub(crate) const fn block_bytes(self, cols: usize) -> usize {
        cols / self.cols() * self.tile_bytes()
    }
}
