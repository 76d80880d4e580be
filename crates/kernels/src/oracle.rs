//! What must hold for any bytes as the blocks of a weight: shared by the tests and the fuzz target.

use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

use crate::contract::{Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Operand, OperandData};
use crate::matmul::{self, MatMul, TileFormat};
use crate::quantize_rows::{Blocks, Q8Block, Q8Block256, QuantizeRows, blocks_of};
use crate::tile::{OutTile, TileMut};
use crate::weight::{AlignedBytes, CpuWeight, Layout, WeightBuilder, WeightError, WeightSpec};
use crate::{dequantize, quantize};

/// Elements of a weight row are at most so many, so that no input takes long.
const MAX_COLS: usize = 1024;
/// Rows of activations: some that share the decoding of a weight, and one that does not.
const TOKENS: usize = 5;
/// f32 sums of products in another order, against the sum of absolute products.
const SUM_OF_PRODUCTS: f64 = 1e-5;
/// What may be lost of numbers near the smallest ones.
const SMALLEST: f64 = 1e-32;
/// Sums of absolute products above this may overflow on their way.
const LARGEST: f64 = 1e32;

/// Takes the first byte as a type, the second as a number of rows, the rest as blocks, and checks every promise.
///
/// # Panics
/// If a promise is broken.
pub fn check_bytes(bytes: &[u8]) {
    let [dtype, rows, blocks @ ..] = bytes else {
        return;
    };
    let dtype = DType::ALL[usize::from(*dtype) % DType::ALL.len()];
    let rows = usize::from(*rows) % 12 + 1;
    if !dequantize::is_supported(dtype) {
        assert!(dequantize::dequantize_row_into(dtype, &[], &mut []).is_err());
        return;
    }
    let per_row = blocks.len() / dtype.block_bytes() / rows;
    let per_row = per_row.min(MAX_COLS / dtype.block_elems());
    let cols = per_row * dtype.block_elems();
    let blocks = &blocks[..rows * per_row * dtype.block_bytes()];
    let values = elements(dtype, blocks);
    check_weight(dtype, [rows, cols], blocks, &values);
    check_quantize(&values);
}

/// The elements, which are the same by definition and on every instruction set.
fn elements(dtype: DType, blocks: &[u8]) -> Vec<f32> {
    let want = dequantize::reference::dequantize(dtype, blocks).expect("the type is supported");
    for &isa in Isa::available() {
        let mut got = vec![0.0; want.len()];
        dequantize::dequantize_with(isa, dtype, blocks, &mut got).expect("the type is supported");
        let same = |(g, w): (&f32, &f32)| g.to_bits() == w.to_bits() || g.is_nan() && w.is_nan();
        assert!(got.iter().zip(&want).all(same), "{dtype} {isa}");
    }
    want
}

fn check_weight(dtype: DType, [rows, cols]: [usize; 2], blocks: &[u8], values: &[f32]) {
    let format = TileFormat::for_dtype(dtype, cols);
    let layouts = [Some(Layout::Rows), format.map(Layout::Tiles)];
    for layout in layouts.into_iter().flatten().filter(|_| cols > 0) {
        let mut builder = WeightBuilder::new(WeightSpec {
            dtype,
            rows,
            cols,
            layout,
        });
        match builder.push_rows(blocks) {
            Err(WeightError::Scale { row, col }) if layout != Layout::Rows => {
                assert!(row < rows && col < cols, "[{row}, {col}] is outside");
                continue;
            }
            pushed => pushed.expect("the rows are whole"),
        }
        let weight = builder.finish().expect("all rows were given");
        let mut got = vec![0.0; rows * cols];
        for (row, out) in got.chunks_exact_mut(cols).enumerate() {
            weight.row_into(row, out);
        }
        // Tiles hold scales of 16 bits, which IQ4_XS has not.
        if layout == Layout::Rows || dtype != DType::IQ4_XS {
            let same = |(g, w): (&f32, &f32)| g == w || g.is_nan() && w.is_nan();
            assert!(got.iter().zip(values).all(same), "{dtype} {layout:?}");
        }
        for &isa in Isa::available() {
            check_products(isa, &weight, &got);
        }
    }
}

/// Products with activations that are exact in 8 bits.
fn check_products(isa: Isa, weight: &CpuWeight, values: &[f32]) {
    let [n, k] = [weight.rows, weight.cols];
    let x = activations(k);
    let f32s = ValueType::f32_rows(Dim::Fixed(TOKENS), k);
    let quantized;
    let (elem, data) = match weight.layout {
        Layout::Rows => (Elem::F32, OperandData::F32(&x)),
        Layout::Tiles(format) => {
            let blocks = format.activations();
            quantized = quantize_rows(isa, blocks, &f32s, &x);
            (Elem::Q8(blocks), OperandData::Bytes(&quantized))
        }
    };
    let types = [
        ValueType::new(elem, f32s.dims),
        ValueType::new(Elem::Weight(weight.dtype), [n, k].map(Dim::Fixed)),
    ];
    let kernel = MatMul::default().cpu(&types, CpuConfig { isa });
    let kernel = kernel.expect("the types keep the contract");
    let dims = [[TOKENS, k], [n, k]];
    let inputs = [data, OperandData::Weight(weight)];
    let inputs = [0, 1].map(|i| Operand {
        dims: &dims[i],
        data: inputs[i],
    });
    let lengths: Vec<&[usize]> = dims.iter().map(|dims| &dims[..]).collect();
    let mut scratch = vec![0.0; kernel.scratch_floats(&lengths)];
    let mut y = vec![0.0; TOKENS * n];
    let mut tile = [OutTile::F32(TileMut::whole(&mut y, n))];
    kernel.run(&inputs, &mut tile, &mut scratch);

    // A scaled code and its minimum may cancel, and only the exact path has rounded them before it multiplies.
    let cancels = matches!(weight.layout, Layout::Tiles(format) if format.has_minimum());
    if cancels {
        return;
    }
    let doubles = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let magnitudes = |v: &[f64]| v.iter().map(|v| v.abs()).collect::<Vec<f64>>();
    let (x, w) = (doubles(&x), doubles(values));
    let want = matmul::reference::matmul(&x, &w, k);
    let sizes = matmul::reference::matmul(&magnitudes(&x), &magnitudes(&w), k);
    for ((got, want), size) in y.iter().zip(want).zip(sizes) {
        let error = (f64::from(*got) - want).abs();
        assert!(
            error <= SUM_OF_PRODUCTS * size + SMALLEST || size.is_nan() || size > LARGEST,
            "{} {isa} {:?}: got {got} want {want}",
            weight.dtype,
            weight.layout
        );
    }
}

/// Whole numbers up to 127, in each block one that is that large: codes of scale 1.
fn activations(k: usize) -> Vec<f32> {
    let code = |i: usize| (i * 37 % 255) as f32 - 127.0;
    (0..TOKENS * k)
        .map(|i| {
            if (i % k).is_multiple_of(32) {
                127.0
            } else {
                code(i)
            }
        })
        .collect()
}

fn quantize_rows(isa: Isa, blocks: Blocks, ty: &ValueType, x: &[f32]) -> AlignedBytes {
    let kernel = QuantizeRows { blocks }.cpu(std::slice::from_ref(ty), CpuConfig { isa });
    let kernel = kernel.expect("the types keep the contract");
    let k = x.len() / TOKENS;
    let row_bytes = blocks.row_bytes(k);
    let mut bytes = AlignedBytes::zeroed(TOKENS * row_bytes);
    let mut tile = [OutTile::Bytes(TileMut::whole(&mut bytes, row_bytes))];
    let data = OperandData::F32(x);
    let dims = &[TOKENS, k];
    kernel.run(&[Operand { dims, data }], &mut tile, &mut []);
    assert!(match blocks {
        Blocks::Of32 => blocks_of::<Q8Block>(&bytes)
            .iter()
            .all(|block| block.factors.scale == 1.0),
        Blocks::Of256 => blocks_of::<Q8Block256>(&bytes)
            .iter()
            .all(|block| block.scale == 1.0),
    });
    bytes
}

/// Rounding to every type gives finite elements, or an error that says why not.
fn check_quantize(values: &[f32]) {
    for &dtype in quantize::SUPPORTED {
        let n = values.len() / dtype.block_elems() * dtype.block_elems();
        let mut bytes = vec![0; dtype.bytes_for(n).expect("whole blocks")];
        let is_finite = values[..n].iter().all(|value| value.is_finite());
        match quantize::quantize_row_into(dtype, &values[..n], &mut bytes) {
            Ok(()) => {
                assert!(is_finite, "{dtype} took an infinite element");
                let all_finite = elements(dtype, &bytes).iter().all(|y| y.is_finite());
                assert!(all_finite, "{dtype} became infinite");
            }
            Err(quantize::QuantizeError::NotFinite { index }) => {
                assert!(!values[index].is_finite(), "[{index}] is finite");
            }
            Err(quantize::QuantizeError::TooLarge { index, .. }) => {
                let block = &values[index..index + dtype.block_elems()];
                assert!(block.iter().any(|x| x.abs() >= 65504.0), "{dtype} {index}");
            }
            Err(other) => panic!("{dtype}: {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_tensor::DType;

    use super::check_bytes;
    use crate::testing::Random;

    #[test]
    fn any_bytes_keep_the_promises() {
        let mut source = Random::new(1);
        for dtype in 0..DType::ALL.len() as u8 {
            for length in [0, 1, 50, 600, 5000] {
                let mut bytes = vec![dtype, source.bits() as u8];
                bytes.extend((0..length).map(|_| source.bits() as u8));
                check_bytes(&bytes);
            }
        }
        check_bytes(&[]);
        check_bytes(&[1]);
    }

    #[test]
    fn extreme_bytes_keep_the_promises() {
        for dtype in 0..DType::ALL.len() as u8 {
            for byte in [0x00, 0x7b, 0x7f, 0x80, 0xff] {
                let mut bytes = vec![byte; 1200];
                bytes[..2].copy_from_slice(&[dtype, 8]);
                check_bytes(&bytes);
            }
        }
    }
}
