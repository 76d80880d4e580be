//! Every GGML element type: its number in files, its name, and the size of its block.
//!
//! Source: `enum ggml_type` in ggml.h.

use std::fmt;

macro_rules! dtypes {
    ($($variant:ident = $id:literal, $name:literal, $elems:literal, $bytes:literal;)*) => {
        /// How the elements of a tensor are stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(non_camel_case_types, reason = "the field writes Q4_K, not Q4K")]
        #[allow(missing_docs, reason = "the names are the field's; `blocks` documents each layout")]
        pub enum DType { $($variant,)* }

        impl DType {
            /// Every type, in the order of its GGML number.
            pub const ALL: &'static [DType] = &[$(DType::$variant,)*];

            /// The number that stands for this type in a GGUF file.
            pub const fn ggml_id(self) -> u32 {
                match self { $(DType::$variant => $id,)* }
            }

            /// The name that people know, such as `Q4_K`.
            pub const fn name(self) -> &'static str {
                match self { $(DType::$variant => $name,)* }
            }

            /// Elements in one block; 1 for plain types.
            pub const fn block_elems(self) -> usize {
                match self { $(DType::$variant => $elems,)* }
            }

            /// Bytes of one block.
            pub const fn block_bytes(self) -> usize {
                match self { $(DType::$variant => $bytes,)* }
            }

            /// The type with this GGML number.
            pub fn from_ggml_id(id: u32) -> Result<Self, UnknownDType> {
                match id { $($id => Ok(DType::$variant),)* _ => Err(UnknownDType { id }) }
            }
        }
    };
}

dtypes! {
    F32 = 0, "F32", 1, 4;
    F16 = 1, "F16", 1, 2;
    Q4_0 = 2, "Q4_0", 32, 18;
    Q4_1 = 3, "Q4_1", 32, 20;
    Q5_0 = 6, "Q5_0", 32, 22;
    Q5_1 = 7, "Q5_1", 32, 24;
    Q8_0 = 8, "Q8_0", 32, 34;
    Q8_1 = 9, "Q8_1", 32, 36;
    Q2_K = 10, "Q2_K", 256, 84;
    Q3_K = 11, "Q3_K", 256, 110;
    Q4_K = 12, "Q4_K", 256, 144;
    Q5_K = 13, "Q5_K", 256, 176;
    Q6_K = 14, "Q6_K", 256, 210;
    Q8_K = 15, "Q8_K", 256, 292;
    IQ2_XXS = 16, "IQ2_XXS", 256, 66;
    IQ2_XS = 17, "IQ2_XS", 256, 74;
    IQ3_XXS = 18, "IQ3_XXS", 256, 98;
    IQ1_S = 19, "IQ1_S", 256, 50;
    IQ4_NL = 20, "IQ4_NL", 32, 18;
    IQ3_S = 21, "IQ3_S", 256, 110;
    IQ2_S = 22, "IQ2_S", 256, 82;
    IQ4_XS = 23, "IQ4_XS", 256, 136;
    I8 = 24, "I8", 1, 1;
    I16 = 25, "I16", 1, 2;
    I32 = 26, "I32", 1, 4;
    I64 = 27, "I64", 1, 8;
    F64 = 28, "F64", 1, 8;
    IQ1_M = 29, "IQ1_M", 256, 56;
    BF16 = 30, "BF16", 1, 2;
    TQ1_0 = 34, "TQ1_0", 256, 54;
    TQ2_0 = 35, "TQ2_0", 256, 66;
    MXFP4 = 39, "MXFP4", 32, 17;
    NVFP4 = 40, "NVFP4", 64, 36;
    Q1_0 = 41, "Q1_0", 128, 18;
    Q2_0 = 42, "Q2_0", 64, 18;
}

/// A file names a GGML type number that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("GGML type {id} is not known")]
pub struct UnknownDType {
    /// The number found.
    pub id: u32,
}

impl DType {
    /// Bytes of `n` contiguous elements; `None` if `n` is no multiple of the block or the size overflows.
    pub const fn bytes_for(self, n: usize) -> Option<usize> {
        if !n.is_multiple_of(self.block_elems()) {
            return None;
        }
        (n / self.block_elems()).checked_mul(self.block_bytes())
    }

    /// True if a block is more than one plain number.
    pub const fn is_quantized(self) -> bool {
        self.block_elems() > 1
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for &dtype in DType::ALL {
            assert_eq!(DType::from_ggml_id(dtype.ggml_id()), Ok(dtype));
        }
    }

    #[test]
    fn unknown_numbers_are_errors() {
        for id in [4, 5, 31, 36, 43, u32::MAX] {
            assert_eq!(DType::from_ggml_id(id), Err(UnknownDType { id }));
        }
    }

    #[test]
    fn sizes_count_whole_blocks_only() {
        assert_eq!(DType::Q4_K.bytes_for(512), Some(288));
        assert_eq!(DType::Q4_K.bytes_for(100), None);
        assert_eq!(DType::F64.bytes_for(usize::MAX), None);
    }
}
