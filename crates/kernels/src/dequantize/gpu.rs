//! The blocks of a file on the GPU: for each type two functions of WGSL.
//!
//! `scale_of(at, piece)` gives scale and minimum that the elements of a piece of a block share, `codes_of(at, piece, j)` elements
//! `4 * j` and following of the piece in units of the scale; `at` is the block's address in bytes in the weight `w`. So a
//! product needs one multiplication by the scale, and one by the minimum, for each piece.

use bytemuck::cast_slice;
use hearth_tensor::DType;

use super::grids;
use crate::gpu::Bind;
use crate::gpu::wgsl::{BYTES, Bindings, HALF, Source};

/// How blocks of a type are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder {
    /// Elements of a block, or of four blocks of a plain type.
    pub(crate) block: usize,
    /// Its bytes.
    pub(crate) block_bytes: usize,
    /// Elements that share a scale, or fewer: a multiple of 4.
    pub(crate) piece: usize,
    /// Whether pieces have minima.
    pub(crate) has_minimum: bool,
    text: &'static [&'static str],
    /// The vectors that codes stand for, as signed bytes.
    table: Option<&'static [u8]>,
}

/// The decoder of a type; `None` if there is none.
pub(crate) fn decoder(dtype: DType) -> Option<Decoder> {
    macro_rules! text {
        ($($name:literal),*) => { &[$(include_str!(concat!("wgsl/", $name, ".wgsl"))),*] };
    }
    let eights = |grid: &'static [[i8; 8]]| Some(cast_slice(grid));
    let fours = |grid: &'static [[i8; 4]]| Some(cast_slice(grid));
    let (piece, text, table): (usize, &'static [&'static str], Option<&'static [u8]>) = match dtype
    {
        DType::F32 => (4, text!["f32"], None),
        DType::F16 => (4, text!["f16"], None),
        DType::BF16 => (4, text!["bf16"], None),
        DType::Q4_0 => (32, text!["q4_0"], None),
        DType::Q4_1 => (32, text!["q4_1"], None),
        DType::Q5_0 => (32, text!["q5_0"], None),
        DType::Q5_1 => (32, text!["q5_1"], None),
        DType::Q8_0 => (32, text!["q8_0"], None),
        DType::Q2_K => (16, text!["q2_k"], None),
        DType::Q3_K => (16, text!["q3_k"], None),
        DType::Q4_K => (32, text!["k_scales", "q4_k"], None),
        DType::Q5_K => (32, text!["k_scales", "q5_k"], None),
        DType::Q6_K => (16, text!["q6_k"], None),
        DType::IQ1_S => (32, text!["grid", "iq1_s"], eights(&grids::IQ1)),
        DType::IQ1_M => (16, text!["grid", "iq1_m"], eights(&grids::IQ1)),
        DType::IQ2_XXS => (32, text!["grid", "iq2_xxs"], eights(&grids::IQ2_XXS)),
        DType::IQ2_XS => (16, text!["grid", "iq2_xs"], eights(&grids::IQ2_XS)),
        DType::IQ2_S => (16, text!["grid", "iq2_s"], eights(&grids::IQ2_S)),
        DType::IQ3_XXS => (32, text!["grid", "iq3_xxs"], fours(&grids::IQ3_XXS)),
        DType::IQ3_S => (32, text!["grid", "iq3_s"], fours(&grids::IQ3_S)),
        DType::IQ4_NL => (32, text!["iq4_values", "codebook", "iq4_nl"], None),
        DType::IQ4_XS => (32, text!["iq4_values", "codebook", "iq4_xs"], None),
        DType::TQ1_0 => (16, text!["tq1_0"], None),
        DType::TQ2_0 => (32, text!["tq2_0"], None),
        DType::MXFP4 => (32, text!["fp4_values", "codebook", "mxfp4"], None),
        DType::NVFP4 => (16, text!["fp4_values", "codebook", "nvfp4"], None),
        DType::Q1_0 => (32, text!["q1_0"], None),
        DType::Q2_0 => (32, text!["q2_0"], None),
        _ => return None,
    };
    let blocks = 4usize.div_ceil(dtype.block_elems()).max(1);
    Some(Decoder {
        block: blocks * dtype.block_elems(),
        block_bytes: blocks * dtype.block_bytes(),
        piece,
        has_minimum: matches!(
            dtype,
            DType::Q4_1 | DType::Q5_1 | DType::Q2_K | DType::Q4_K | DType::Q5_K | DType::IQ1_S
        ),
        text,
        table,
    })
}

impl Decoder {
    /// Whether rows of `k` elements are whole blocks.
    pub(crate) fn takes(&self, k: usize) -> bool {
        k.is_multiple_of(self.block)
    }

    /// Bind the vectors that codes stand for, where there are some, as `table`.
    pub(crate) fn bind(&self, bindings: Bindings) -> Bindings {
        match self.table {
            Some(table) => bindings.read("table", "u32", Bind::Table(table)),
            None => bindings,
        }
    }

    /// Append the decoder: its constants and functions. `w` and `table` are the shader's bindings.
    pub(crate) fn write(&self, source: Source) -> Source {
        let source = source
            .size("BLOCK", self.block)
            .size("BLOCK_BYTES", self.block_bytes)
            .size("PIECE", self.piece)
            .flag("HAS_MINIMUM", self.has_minimum)
            .text(HALF)
            .text(BYTES);
        self.text
            .iter()
            .fold(source, |source, text| source.text(text))
    }
}
