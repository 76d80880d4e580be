//! What this version runs, from the tables that it runs by.

use hearth_kernels::{dequantize, quantize, weight::TileFormat};
use hearth_tensor::DType;

/// A type of weights that models are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightType {
    /// The type.
    pub dtype: DType,
    /// Whether products with 8-bit activations are computed on its codes.
    pub fast: bool,
    /// Whether other types can be converted to it.
    pub encodes: bool,
}

/// Every type of weights, in the order of the file format's numbers.
pub fn weight_types() -> impl Iterator<Item = WeightType> {
    // A row that is a multiple of every type's block.
    const COLS: usize = 1024;
    let known = DType::ALL
        .iter()
        .copied()
        .filter(|&d| dequantize::is_supported(d));
    known.map(|dtype| WeightType {
        dtype,
        fast: TileFormat::for_dtype(dtype, COLS).is_some(),
        encodes: quantize::is_supported(dtype),
    })
}
