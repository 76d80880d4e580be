use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

use super::reference::SUM_OF_PRODUCTS;
use super::{MatMul, TileFormat, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Operand, OperandData, Partition};
use crate::cut::{f32s, kernel, quantized, run, run_all, weights};
use crate::dequantize::{self, SUPPORTED};
use crate::quantize_rows::Blocks;
use crate::testing::{packed, random, random_blocks, rows_of_floats};
use crate::weight::{CpuWeight, Layout};

const OPS: [MatMul; 4] = [
    MatMul::new(false, false),
    MatMul::new(true, false),
    MatMul::new(false, true),
    MatMul::new(true, true),
];

const CUTS: [Partition; 3] = [Partition::Cols(16), Partition::Cols(32), Partition::Rows(1)];

fn weight_type(dtype: DType, dims: [usize; 2]) -> ValueType {
    ValueType::new(Elem::Weight(dtype), dims.map(Dim::Fixed))
}

/// One product with everything that it needs.
struct Case<'a> {
    isa: Isa,
    op: &'a MatMul,
    /// `t`, `n`, `k`.
    dims: [usize; 3],
    weight: &'a CpuWeight,
    x_type: ValueType,
    x: OperandData<'a>,
    /// What `x` means.
    x_values: &'a [f64],
    /// What the weight means.
    w_values: &'a [f64],
}

impl Case<'_> {
    fn check(self) {
        let [t, n, k] = self.dims;
        let (bias, residual) = (random(91, n, 1.0), random(92, t * n, 1.0));
        let types = [
            Some(self.x_type),
            Some(weight_type(self.weight.dtype, [n, k])),
            self.op
                .bias
                .then(|| ValueType::new(Elem::F32, [Dim::Fixed(n)])),
            self.op.residual.then(|| rows_of_floats(n)),
        ];
        let types: Vec<ValueType> = types.into_iter().flatten().collect();
        let (x_dims, w_dims, y_dims) = ([t, k], [n, k], [t, n]);
        let inputs = [
            Some(Operand {
                dims: &x_dims,
                data: self.x,
            }),
            Some(weights(&w_dims, self.weight)),
            self.op.bias.then(|| f32s(&w_dims[..1], &bias)),
            self.op.residual.then(|| f32s(&y_dims, &residual)),
        ];
        let inputs: Vec<Operand<'_>> = inputs.into_iter().flatten().collect();
        let context = format!(
            "{} {:?} {:?} {:?}",
            self.isa, self.weight.dtype, self.op, self.dims
        );
        let kernel = kernel(self.op, &types, CpuConfig { isa: self.isa });
        let got = run_all(&context, &*kernel, &inputs, (1, y_dims), &CUTS).remove(0);
        let want = reference::matmul(self.x_values, self.w_values, k);
        let abs = |v: &[f64]| v.iter().map(|v| v.abs()).collect::<Vec<f64>>();
        let size = reference::matmul(&abs(self.x_values), &abs(self.w_values), k);
        for i in 0..t * n {
            let addends = [
                if self.op.bias {
                    f64::from(bias[i % n])
                } else {
                    0.0
                },
                if self.op.residual {
                    f64::from(residual[i])
                } else {
                    0.0
                },
            ];
            let want = want[i] + addends.iter().sum::<f64>();
            let slack = SUM_OF_PRODUCTS * (size[i] + 2.0);
            let error = (f64::from(got[i]) - want).abs();
            assert!(
                error <= slack,
                "{context}: [{i}] got {} want {want}",
                got[i]
            );
        }
    }
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn check_rows(isa: Isa, op: &MatMul, dtype: DType, [t, n, k]: [usize; 3]) {
    let raw = random_blocks(21, dtype, n * k / dtype.block_elems());
    let values = dequantize::reference::dequantize(dtype, &raw).expect("supported");
    let x = random(22, t * k, 2.0);
    Case {
        isa,
        op,
        dims: [t, n, k],
        weight: &packed(dtype, [n, k], &raw, false),
        x_type: rows_of_floats(k),
        x: OperandData::F32(&x),
        x_values: &doubles(&x),
        w_values: &doubles(&values),
    }
    .check();
}

#[test]
fn rows_of_every_type_match_the_reference() {
    for &isa in Isa::available() {
        for &dtype in SUPPORTED {
            let block = dtype.block_elems();
            for (t, n, blocks) in [(1, 9, 3), (5, 17, 2), (2, 8, 768 / block.max(3))] {
                check_rows(isa, &MatMul::default(), dtype, [t, n, blocks * block]);
            }
        }
    }
}

#[test]
fn odd_sizes_of_plain_types_match_the_reference() {
    for &isa in Isa::available() {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            for k in [1, 3, 7, 31, 511, 512, 513, 1027] {
                for (t, n) in [(1, 1), (3, 4), (4, 13)] {
                    check_rows(isa, &OPS[3], dtype, [t, n, k]);
                }
            }
        }
    }
}

/// The blocks of activations that a weight in tiles takes.
fn blocks_for(weight: &CpuWeight) -> Blocks {
    match weight.layout {
        Layout::Tiles(format) => format.activations(),
        other => panic!("{other:?} are no tiles"),
    }
}

fn check_tiles(isa: Isa, op: &MatMul, dtype: DType, [t, n, k]: [usize; 3]) {
    let raw = random_blocks(31, dtype, n * k / dtype.block_elems());
    let weight = packed(dtype, [n, k], &raw, true);
    let blocks = blocks_for(&weight);
    let mut values = vec![0.0; n * k];
    for (row, out) in values.chunks_exact_mut(k).enumerate() {
        weight.row_into(row, out);
    }
    let (x, x_values) = quantized(isa, blocks, &random(32, t * k, 2.0), [t, k]);
    let x_type = rows_of_floats(k);
    Case {
        isa,
        op,
        dims: [t, n, k],
        weight: &weight,
        x_type: ValueType::new(Elem::Q8(blocks), x_type.dims),
        x: OperandData::Bytes(&x),
        x_values: &x_values,
        w_values: &doubles(&values),
    }
    .check();
}

fn tiled() -> impl Iterator<Item = DType> {
    let has_tiles = |&&dtype: &&DType| TileFormat::for_dtype(dtype, 256).is_some();
    DType::ALL.iter().filter(has_tiles).copied()
}

#[test]
fn tiles_of_every_type_match_the_reference() {
    for &isa in Isa::available() {
        for dtype in tiled() {
            let block = dtype.block_elems();
            for (t, n, blocks) in [
                (1, 16, 1),
                (1, 33, 5),
                (3, 8, 2),
                (4, 16, 3),
                (9, 24, 2),
                (15, 40, 1),
                // More rows, columns and blocks than are taken at a time.
                (39, 16, 2),
                (2, 272, 9),
            ] {
                for op in &OPS {
                    check_tiles(isa, op, dtype, [t, n, blocks * block]);
                }
            }
        }
    }
}

#[test]
fn tiny_outputs_match_the_reference() {
    for &isa in Isa::available() {
        for n in [1, 7] {
            check_tiles(isa, &OPS[3], DType::Q4_0, [5, n, 64]);
            check_tiles(isa, &OPS[3], DType::Q6_K, [1, n, 256]);
        }
    }
}

#[test]
fn the_largest_codes_and_activations_do_not_overflow() {
    for &isa in Isa::available() {
        for dtype in tiled() {
            let k = 256;
            // All bits of all codes set; scales as random as ever.
            let ones: Vec<u8> = random_blocks(41, dtype, 8 * k / dtype.block_elems())
                .chunks_exact(dtype.block_bytes())
                .flat_map(|block| with_all_code_bits(dtype, block))
                .collect();
            let weight = packed(dtype, [8, k], &ones, true);
            let blocks = blocks_for(&weight);
            let mut values = vec![0.0; 8 * k];
            for (row, out) in values.chunks_exact_mut(k).enumerate() {
                weight.row_into(row, out);
            }
            for sign in [1.0, -1.0] {
                let (x, x_values) = quantized(isa, blocks, &vec![sign; 2 * k], [2, k]);
                Case {
                    isa,
                    op: &OPS[0],
                    dims: [2, 8, k],
                    weight: &weight,
                    x_type: ValueType::new(Elem::Q8(blocks), rows_of_floats(k).dims),
                    x: OperandData::Bytes(&x),
                    x_values: &x_values,
                    w_values: &doubles(&values),
                }
                .check();
            }
        }
    }
}

fn with_all_code_bits(dtype: DType, block: &[u8]) -> Vec<u8> {
    let (codes, byte) = match dtype {
        DType::Q4_0 => (2..18, 0xff),
        DType::Q4_1 => (4..20, 0xff),
        DType::Q5_0 => (2..22, 0xff),
        DType::Q5_1 => (4..24, 0xff),
        DType::Q8_0 => (2..34, 0x80),
        DType::Q2_K => (0..80, 0xff),
        DType::Q3_K => (0..96, 0xff),
        DType::Q4_K => (16..144, 0xff),
        DType::Q5_K => (16..176, 0xff),
        DType::Q6_K => (0..192, 0xff),
        // The codes of the largest offset values.
        DType::IQ4_NL => (2..18, 0x00),
        DType::IQ4_XS => (8..136, 0x00),
        DType::MXFP4 => (1..17, 0x77),
        DType::NVFP4 => (4..36, 0x77),
        other => panic!("{other} has no tiles"),
    };
    let mut block = block.to_vec();
    block[codes].fill(byte);
    block
}

#[test]
fn activations_that_are_not_finite_show_in_the_result() {
    let (n, k) = (8, 256);
    for (dtype, t) in [(DType::Q8_0, 1), (DType::Q4_K, 1), (DType::Q6_K, 3)] {
        let raw = random_blocks(51, dtype, n * k / dtype.block_elems());
        let weight = packed(dtype, [n, k], &raw, true);
        for &isa in Isa::available() {
            let mut x = random(52, t * k, 1.0);
            x[40] = f32::INFINITY;
            let y = tile_product(isa, &weight, &x, [t, n, k]);
            assert!(y[..n].iter().all(|y| y.is_nan()), "{isa}: {y:?}");
            assert!(y[n..].iter().all(|y| y.is_finite()), "{isa}: {y:?}");
        }
    }
}

/// The product with a weight in tiles, of activations that are rounded for it.
fn tile_product(isa: Isa, weight: &CpuWeight, x: &[f32], [t, n, k]: [usize; 3]) -> Vec<f32> {
    let blocks = blocks_for(weight);
    let (bytes, _) = quantized(isa, blocks, x, [t, k]);
    let types = [
        ValueType::new(Elem::Q8(blocks), rows_of_floats(k).dims),
        weight_type(weight.dtype, [n, k]),
    ];
    let kernel = kernel(&OPS[0], &types, CpuConfig { isa });
    let (x_dims, w_dims) = ([t, k], [n, k]);
    let x = Operand {
        dims: &x_dims,
        data: OperandData::Bytes(&bytes),
    };
    let inputs = [x, weights(&w_dims, weight)];
    run(&*kernel, &inputs, 1, [t, n], Partition::Whole).remove(0)
}

#[test]
fn a_row_has_the_same_bits_alone_and_among_others() {
    let [t, n, k] = [35, 24, 512];
    for dtype in tiled() {
        let raw = random_blocks(61, dtype, n * k / dtype.block_elems());
        let weight = packed(dtype, [n, k], &raw, true);
        for &isa in Isa::available() {
            let x = random(62, t * k, 2.0);
            let all = tile_product(isa, &weight, &x, [t, n, k]);
            for (x, among) in x.chunks_exact(k).zip(all.chunks_exact(n)) {
                let alone = tile_product(isa, &weight, x, [1, n, k]);
                assert_eq!(alone, among, "{dtype} {isa}");
            }
        }
    }
}

#[test]
fn broken_contracts_are_errors() {
    let x = rows_of_floats(256);
    let q8 = ValueType::new(Elem::Q8(Blocks::Of32), x.dims.clone());
    let w = |dtype| weight_type(dtype, [8, 256]);
    let plain = MatMul::default();
    assert_eq!(
        plain.infer(&[x.clone(), w(DType::Q2_K)]),
        Ok(vec![rows_of_floats(8)])
    );
    let arity = OPS[1].infer(&[x.clone(), w(DType::F32)]);
    assert!(matches!(
        arity,
        Err(ContractError::Arity { expected: 3, .. })
    ));
    for (x, dtype) in [
        (&x, DType::Q8_K),
        (&x, DType::I32),
        (&q8, DType::F16),
        (&q8, DType::IQ2_S),
        // It wants blocks of 256.
        (&q8, DType::Q4_K),
    ] {
        let op = "matmul";
        assert_eq!(
            plain.infer(&[x.clone(), w(dtype)]),
            Err(ContractError::UnsupportedDType { op, dtype })
        );
    }
    let bad: [(&MatMul, Vec<ValueType>, usize); 5] = [
        (&plain, vec![w(DType::F32), w(DType::F32)], 0),
        (&plain, vec![x.clone(), x.clone()], 1),
        (
            &plain,
            vec![x.clone(), weight_type(DType::F32, [8, 255])],
            1,
        ),
        (
            &OPS[1],
            vec![x.clone(), w(DType::F32), rows_of_floats(8)],
            2,
        ),
        (
            &OPS[2],
            vec![x.clone(), w(DType::F32), rows_of_floats(9)],
            2,
        ),
    ];
    for (op, inputs, at) in bad {
        let error = op.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
}

#[test]
fn the_layout_follows_the_activations() {
    let x = rows_of_floats(64);
    let q8 = ValueType::new(Elem::Q8(Blocks::Of32), x.dims.clone());
    let w = weight_type(DType::Q4_0, [8, 64]);
    let layout =
        |x: &ValueType, input| MatMul::default().weight_layout(input, &[x.clone(), w.clone()]);
    let tiles = TileFormat::for_dtype(DType::Q4_0, 64).map(Layout::Tiles);
    assert_eq!([layout(&x, 1), layout(&q8, 1)], [Some(Layout::Rows), tiles]);
    assert_eq!(layout(&q8, 2), Some(Layout::Rows));
}
