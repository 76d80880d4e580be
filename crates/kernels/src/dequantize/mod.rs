//! From the blocks of a file to f32, bit for bit as ggml does it.
//!
//! | file | holds |
//! |---|---|
//! | `affine.rs` | the shape that most types share: `scale * (code - zero) + minimum`, by groups |
//! | `plain.rs` | F32, F16, BF16 |
//! | `codebook.rs`, `grids.rs`, `signs.rs` | what the codes of the IQ and FP4 types mean: 16 values, or vectors |
//! | `q4_0.rs` … | one block type each: its codes, scales and minima |
//! | `reference.rs` | each type element by element, as ggml's documentation of the block has it |
//!
//! A new type is a file and a line in the table below; one that is not affine implements `Decode` itself.
//! Source: `dequantize_row_*` of ggml-quants.c.

mod affine;
mod codebook;
pub(crate) mod gpu;
mod grids;
mod plain;
pub mod reference;
mod signs;

mod iq1_m;
mod iq1_s;
mod iq2_s;
mod iq2_xs;
mod iq2_xxs;
mod iq3_s;
mod iq3_xxs;
mod iq4_nl;
mod iq4_xs;
mod mxfp4;
mod nvfp4;
mod q1_0;
mod q2_0;
mod q2_k;
mod q3_k;
mod q4_0;
mod q4_1;
mod q4_k;
mod q5_0;
mod q5_1;
mod q5_k;
mod q6_k;
mod q8_0;
mod tq1_0;
mod tq2_0;

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use hearth_simd::{Isa, Kernel, Simd};
use hearth_tensor::DType;
use hearth_tensor::blocks::*;

pub(crate) use affine::{Affine, AffineVisitor, MAX_BLOCK, visit_affine};
pub use codebook::Codebook;

use crate::contract::ContractError;

/// A type of blocks that can be turned into f32.
pub(crate) trait Decode {
    /// Write the elements of whole blocks. Mark the implementation `#[inline(always)]`.
    fn decode<S: Simd>(simd: S, bytes: &[u8], out: &mut [f32]);
}

/// Each type is a kernel of its own: together in one they are too much for the optimiser.
macro_rules! table {
    ($($dtype:ident: $blocks:ty,)*) => {
        /// Types that can be dequantised.
        pub const SUPPORTED: &[DType] = &[$(DType::$dtype,)*];

        /// Decode whole blocks; false if the type is not [`SUPPORTED`].
        pub(crate) fn decode_into(isa: Isa, dtype: DType, bytes: &[u8], out: &mut [f32]) -> bool {
            match dtype {
                $(DType::$dtype => isa.run(Row::<$blocks>(bytes, out, PhantomData)),)*
                _ => return false,
            }
            true
        }
    };
}

table! {
    F32: plain::F32,
    F16: plain::F16,
    BF16: plain::Bf16,
    Q4_0: BlockQ4_0,
    Q4_1: BlockQ4_1,
    Q5_0: BlockQ5_0,
    Q5_1: BlockQ5_1,
    Q8_0: BlockQ8_0,
    Q2_K: BlockQ2_K,
    Q3_K: BlockQ3_K,
    Q4_K: BlockQ4_K,
    Q5_K: BlockQ5_K,
    Q6_K: BlockQ6_K,
    IQ1_S: BlockIQ1_S,
    IQ1_M: BlockIQ1_M,
    IQ2_XXS: BlockIQ2_XXS,
    IQ2_XS: BlockIQ2_XS,
    IQ2_S: BlockIQ2_S,
    IQ3_XXS: BlockIQ3_XXS,
    IQ3_S: BlockIQ3_S,
    IQ4_NL: BlockIQ4_NL,
    IQ4_XS: BlockIQ4_XS,
    TQ1_0: BlockTQ1_0,
    TQ2_0: BlockTQ2_0,
    MXFP4: BlockMXFP4,
    NVFP4: BlockNVFP4,
    Q1_0: BlockQ1_0,
    Q2_0: BlockQ2_0,
}

struct Row<'a, D>(&'a [u8], &'a mut [f32], PhantomData<D>);

impl<D: Decode> Kernel for Row<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        D::decode(simd, self.0, self.1);
    }
}

/// True if weights of this type can be computed with.
pub fn is_supported(dtype: DType) -> bool {
    SUPPORTED.contains(&dtype)
}

/// Turn whole blocks of `dtype` into f32, bit for bit as ggml does. Panics unless `bytes` holds just `out`'s elements.
pub fn dequantize_row_into(
    dtype: DType,
    bytes: &[u8],
    out: &mut [f32],
) -> Result<(), ContractError> {
    dequantize_with(Isa::best(), dtype, bytes, out)
}

/// [`dequantize_row_into`] with the instruction set given.
pub(crate) fn dequantize_with(
    isa: Isa,
    dtype: DType,
    bytes: &[u8],
    out: &mut [f32],
) -> Result<(), ContractError> {
    assert!(
        !is_supported(dtype) || dtype.bytes_for(out.len()) == Some(bytes.len()),
        "bytes hold the elements"
    );
    if !decode_into(isa, dtype, bytes, out) {
        let op = "dequantize";
        return Err(ContractError::UnsupportedDType { op, dtype });
    }
    Ok(())
}
