//! From f32 to the blocks of a file, for writing quantised models.
//!
//! | file | holds |
//! |---|---|
//! | `plain.rs` | F32, F16, BF16 |
//! | `q4_0.rs` … | one block type each |
//! | `super_block.rs` | what the K-quants share: the scales of groups, rounded themselves |
//! | `search.rs` | the scale, and perhaps the minimum, whose rounded codes come closest to the elements |
//!
//! Results are the same on every instruction set and every machine. They are not llama.cpp's bits, but as close to the
//! elements: large elements count more, as in its quantisers without an importance matrix. Infinity and NaN are errors,
//! and so are elements whose scale is too large for half precision; elements that are too small for it become 0.
//!
//! A new type is a file and a line in the table below. Source: `quantize_row_*_ref` of ggml-quants.c.

mod plain;
mod q4_0;
mod q4_k;
mod q5_0;
mod q5_1;
mod q5_k;
mod q6_k;
mod q8_0;
mod search;
mod super_block;

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use hearth_simd::{Isa, Kernel, Simd};
use hearth_tensor::DType;
use hearth_tensor::blocks::*;

/// Elements cannot be rounded to a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// Nothing writes this type.
    #[error("nothing can be rounded to {dtype} yet")]
    UnsupportedDType {
        /// The type.
        dtype: DType,
    },
    /// The elements are no whole number of blocks.
    #[error("{elems} elements are no whole number of blocks of {dtype}")]
    PartialBlock {
        /// The type.
        dtype: DType,
        /// How many elements were given.
        elems: usize,
    },
    /// An element is infinite or not a number.
    #[error("element {index} is not a finite number")]
    NotFinite {
        /// The first such element.
        index: usize,
    },
    /// The elements of a block are too large.
    #[error("the elements from {index} on are too large for {dtype}")]
    TooLarge {
        /// The type.
        dtype: DType,
        /// The first element of the block.
        index: usize,
    },
}

/// A type of blocks that f32 can be rounded to.
trait Encode: bytemuck::Pod {
    /// Elements of a block.
    const ELEMS: usize;
    /// The block for its elements, which are finite; `None` if they are too large. Mark the implementation
    /// `#[inline(always)]`.
    fn encode(x: &[f32]) -> Option<Self>;
}

/// Each type is a kernel of its own: together in one they are too much for the optimiser.
macro_rules! table {
    ($($dtype:ident: $block:ty,)*) => {
        /// Types that f32 can be rounded to.
        pub const SUPPORTED: &[DType] = &[$(DType::$dtype,)*];

        $(const _: () = assert!(
            DType::$dtype.block_elems() == <$block>::ELEMS
                && DType::$dtype.block_bytes() == size_of::<$block>()
        );)*

        /// Encode whole blocks; the error is the number of the first block that is too large.
        fn encode_into(isa: Isa, dtype: DType, x: &[f32], out: &mut [u8]) -> Result<(), usize> {
            match dtype {
                $(DType::$dtype => isa.run(Row::<$block>(x, out, PhantomData)),)*
                other => unreachable!("{other} is not on the list of supported types"),
            }
        }
    };
}

table! {
    F32: plain::F32,
    F16: plain::F16,
    BF16: plain::Bf16,
    Q4_0: BlockQ4_0,
    Q5_0: BlockQ5_0,
    Q5_1: BlockQ5_1,
    Q8_0: BlockQ8_0,
    Q4_K: BlockQ4_K,
    Q5_K: BlockQ5_K,
    Q6_K: BlockQ6_K,
}

struct Row<'a, B>(&'a [f32], &'a mut [u8], PhantomData<B>);

impl<B: Encode> Kernel for Row<'_, B> {
    type Output = Result<(), usize>;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Result<(), usize> {
        let blocks = self.0.chunks_exact(B::ELEMS);
        let outputs = self.1.chunks_exact_mut(size_of::<B>());
        for (i, (x, out)) in blocks.zip(outputs).enumerate() {
            let block = B::encode(x).ok_or(i)?;
            out.copy_from_slice(bytemuck::bytes_of(&block));
        }
        Ok(())
    }
}

/// True if [`quantize_row_into`] writes this type.
pub fn is_supported(dtype: DType) -> bool {
    SUPPORTED.contains(&dtype)
}

/// Round elements to whole blocks of `dtype`. What `out` holds after an error is not specified.
///
/// # Panics
/// Unless `out` has just the size of the blocks.
pub fn quantize_row_into(dtype: DType, x: &[f32], out: &mut [u8]) -> Result<(), QuantizeError> {
    quantize_with(Isa::best(), dtype, x, out)
}

/// [`quantize_row_into`] with the instruction set given.
fn quantize_with(isa: Isa, dtype: DType, x: &[f32], out: &mut [u8]) -> Result<(), QuantizeError> {
    if !is_supported(dtype) {
        return Err(QuantizeError::UnsupportedDType { dtype });
    }
    let elems = x.len();
    let bytes = dtype.bytes_for(elems);
    let bytes = bytes.ok_or(QuantizeError::PartialBlock { dtype, elems })?;
    assert_eq!(out.len(), bytes, "the output has the size of the blocks");
    if let Some(index) = x.iter().position(|x| !x.is_finite()) {
        return Err(QuantizeError::NotFinite { index });
    }
    encode_into(isa, dtype, x, out).map_err(|block| {
        let index = block * dtype.block_elems();
        QuantizeError::TooLarge { dtype, index }
    })
}
