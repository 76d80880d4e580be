use hearth_simd::Isa;
use hearth_tensor::{DType, Dim, Symbol};

use super::reference::{Experts, expert_matmul};
use super::{ExpertMatMul, Layout};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Operand, OperandData, Partition};
use crate::cut::{f32s, i32s, kernel, quantized, run_all, weights};
use crate::dequantize;
use crate::matmul::reference::SUM_OF_PRODUCTS;
use crate::quantize_rows::Blocks;
use crate::testing::{Random, packed, random, random_blocks, rows_of_floats};
use crate::weight::{CpuWeight, TileFormat};

const CUTS: [Partition; 4] = [
    Partition::Cols(16),
    Partition::Cols(32),
    Partition::Rows(1),
    Partition::Rows(3),
];

/// Sizes of one product.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    t: usize,
    n_used: usize,
    n_experts: usize,
    n: usize,
    k: usize,
    /// All experts of a token take the same row.
    shared_x: bool,
}

impl Sizes {
    fn x_dims(self) -> Vec<usize> {
        match self.shared_x {
            true => vec![self.t, self.k],
            false => vec![self.t, self.n_used, self.k],
        }
    }

    /// Rows of `x`.
    fn x_rows(self) -> usize {
        self.x_dims()[..self.x_dims().len() - 1].iter().product()
    }

    fn types(self, x: Elem, dtype: DType, bias: bool) -> Vec<ValueType> {
        let (t, used) = (Dim::symbol(Symbol(0)), Dim::Fixed(self.n_used));
        let mut x_dims: Vec<Dim> = self.x_dims().into_iter().map(Dim::Fixed).collect();
        x_dims[0] = t;
        let w_dims = [self.n_experts, self.n, self.k].map(Dim::Fixed);
        let mut types = vec![
            ValueType::new(x, x_dims),
            ValueType::new(Elem::Weight(dtype), w_dims),
            ValueType::new(Elem::I32, [t, used]),
        ];
        if bias {
            let dims = w_dims[..2].iter().copied();
            types.push(ValueType::new(Elem::Weight(DType::F32), dims));
        }
        types
    }

    /// Experts at random; the last one is never chosen.
    fn ids(self) -> Vec<i32> {
        let mut source = Random::new(17);
        let choices = self.n_experts.saturating_sub(1).max(1) as u64;
        let ids = (0..self.t * self.n_used).map(|_| (source.bits() % choices) as i32);
        ids.collect()
    }
}

/// What a case computes with.
struct Case<'a> {
    isa: Isa,
    sizes: Sizes,
    bias: bool,
    weight: &'a CpuWeight,
    x: OperandData<'a>,
    x_elem: Elem,
    /// What `x` means.
    x_values: &'a [f64],
    /// What the weight means.
    w_values: &'a [f64],
}

impl Case<'_> {
    fn check(self) {
        let s = self.sizes;
        let op = ExpertMatMul { bias: self.bias };
        let types = s.types(self.x_elem, self.weight.dtype, self.bias);
        let (ids, bias) = (s.ids(), random(93, s.n_experts * s.n, 1.0));
        let raw: Vec<u8> = bias.iter().flat_map(|b| b.to_le_bytes()).collect();
        let bias_weight = packed(DType::F32, [s.n_experts, s.n], &raw, false);
        let (x_dims, w_dims) = (s.x_dims(), [s.n_experts, s.n, s.k]);
        let id_dims = [s.t, s.n_used];
        let mut inputs = vec![
            Operand {
                dims: &x_dims,
                data: self.x,
            },
            weights(&w_dims, self.weight),
            i32s(&id_dims, &ids),
        ];
        if self.bias {
            inputs.push(weights(&w_dims[..2], &bias_weight));
        }
        let context = format!("{} {} {op:?} {s:?}", self.isa, self.weight.dtype);
        let kernel = kernel(&op, &types, CpuConfig { isa: self.isa });
        let shape = (1, [s.t * s.n_used, s.n]);
        let got = run_all(&context, &*kernel, &inputs, shape, &CUTS).remove(0);

        let bias: Vec<f64> = bias.iter().map(|&b| f64::from(b)).collect();
        let bias = self.bias.then_some(&bias[..]);
        let product = |x: &[f64], w: &[f64], bias| {
            let per_x = if s.shared_x { s.n_used } else { 1 };
            let (n, k) = (s.n, s.k);
            expert_matmul(x, per_x, Experts { w, bias, n, k }, &ids)
        };
        let abs = |v: &[f64]| v.iter().map(|v| v.abs()).collect::<Vec<f64>>();
        let want = product(self.x_values, self.w_values, bias);
        let size = product(&abs(self.x_values), &abs(self.w_values), None);
        for (i, ((&got, want), size)) in got.iter().zip(want).zip(size).enumerate() {
            let error = (f64::from(got) - want).abs();
            assert!(
                error <= SUM_OF_PRODUCTS * (size + 2.0),
                "{context}: [{i}] got {got} want {want}"
            );
        }
    }
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn check_rows(isa: Isa, dtype: DType, bias: bool, sizes: Sizes) {
    let rows = sizes.n_experts * sizes.n;
    let raw = random_blocks(21, dtype, rows * sizes.k / dtype.block_elems());
    let values = dequantize::reference::dequantize(dtype, &raw).expect("supported");
    let x = random(22, sizes.x_rows() * sizes.k, 2.0);
    Case {
        isa,
        sizes,
        bias,
        weight: &packed(dtype, [rows, sizes.k], &raw, false),
        x: OperandData::F32(&x),
        x_elem: Elem::F32,
        x_values: &doubles(&x),
        w_values: &doubles(&values),
    }
    .check();
}

fn check_tiles(isa: Isa, dtype: DType, bias: bool, sizes: Sizes) {
    let rows = sizes.n_experts * sizes.n;
    let raw = random_blocks(31, dtype, rows * sizes.k / dtype.block_elems());
    let weight = packed(dtype, [rows, sizes.k], &raw, true);
    let Layout::Tiles(format) = weight.layout else {
        panic!("{dtype} has tiles");
    };
    let blocks = format.activations();
    let mut values = vec![0.0; rows * sizes.k];
    for (row, out) in values.chunks_exact_mut(sizes.k).enumerate() {
        weight.row_into(row, out);
    }
    let x = random(32, sizes.x_rows() * sizes.k, 2.0);
    let (x, x_values) = quantized(isa, blocks, &x, [sizes.x_rows(), sizes.k]);
    Case {
        isa,
        sizes,
        bias,
        weight: &weight,
        x: OperandData::Bytes(&x),
        x_elem: Elem::Q8(blocks),
        x_values: &x_values,
        w_values: &doubles(&values),
    }
    .check();
}

/// Shapes for rows of `k` elements: no token, one, fewer than experts, many; one expert, all chosen.
fn shapes(n: usize, k: usize) -> Vec<Sizes> {
    let mut all = Vec::new();
    for (t, n_used, n_experts) in [(0, 2, 3), (1, 1, 1), (1, 4, 9), (3, 2, 5), (11, 3, 4)] {
        for shared_x in [true, false] {
            all.push(Sizes {
                t,
                n_used,
                n_experts,
                n,
                k,
                shared_x,
            });
        }
    }
    all
}

#[test]
fn rows_match_the_reference() {
    for &isa in Isa::available() {
        for (dtype, n, k) in [
            (DType::F32, 5, 33),
            (DType::F16, 16, 9),
            (DType::Q8_0, 17, 64),
            (DType::Q4_K, 16, 256),
            (DType::MXFP4, 12, 64),
        ] {
            for sizes in shapes(n, k) {
                check_rows(isa, dtype, false, sizes);
                check_rows(isa, dtype, true, sizes);
            }
        }
    }
}

#[test]
fn tiles_match_the_reference() {
    for &isa in Isa::available() {
        for dtype in DType::ALL.iter().copied() {
            if TileFormat::for_dtype(dtype, 256).is_none() {
                continue;
            }
            for sizes in shapes(32, 256) {
                check_tiles(isa, dtype, sizes.shared_x, sizes);
            }
        }
        for sizes in shapes(16, 32) {
            check_tiles(isa, DType::Q8_0, true, sizes);
        }
    }
}

#[test]
fn every_row_is_that_of_a_product_with_its_expert_alone() {
    let sizes = shapes(16, 64).pop().expect("there are shapes");
    let rows = sizes.n_experts * sizes.n;
    let raw = random_blocks(41, DType::Q4_0, rows * 2);
    let ids = sizes.ids();
    for &isa in Isa::available() {
        let x = random(42, sizes.x_rows() * sizes.k, 2.0);
        let (bytes, _) = quantized(isa, Blocks::Of32, &x, [sizes.x_rows(), sizes.k]);
        for (x_elem, x) in [
            (Elem::F32, OperandData::F32(&x)),
            (Elem::Q8(Blocks::Of32), OperandData::Bytes(&bytes)),
        ] {
            let tiles = x_elem != Elem::F32;
            let whole = packed(DType::Q4_0, [rows, sizes.k], &raw, tiles);
            let types = sizes.types(x_elem, DType::Q4_0, false);
            let (x_dims, w_dims) = (sizes.x_dims(), [sizes.n_experts, sizes.n, sizes.k]);
            let x = Operand {
                dims: &x_dims,
                data: x,
            };
            let id_dims = [sizes.t, sizes.n_used];
            let inputs = [x, weights(&w_dims, &whole), i32s(&id_dims, &ids)];
            let y_dims = [ids.len(), sizes.n];
            let op = kernel(&ExpertMatMul::default(), &types, CpuConfig { isa });
            let got = run_all("experts", &*op, &inputs, (1, y_dims), &CUTS).remove(0);
            for expert in 0..sizes.n_experts {
                let bytes = raw.len() / sizes.n_experts;
                let raw = &raw[expert * bytes..][..bytes];
                let matrix = packed(DType::Q4_0, [sizes.n, sizes.k], raw, tiles);
                let dims = [ids.len(), sizes.k];
                let types = [
                    ValueType::new(x_elem, rows_of_floats(sizes.k).dims),
                    ValueType::new(types[1].elem, w_dims[1..].iter().map(|&d| Dim::Fixed(d))),
                ];
                let x = Operand { dims: &dims, ..x };
                let inputs = [x, weights(&w_dims[1..], &matrix)];
                let op = kernel(&crate::matmul::MatMul::default(), &types, CpuConfig { isa });
                let alone = run_all("alone", &*op, &inputs, (1, y_dims), &[]).remove(0);
                for (row, _) in ids
                    .iter()
                    .enumerate()
                    .filter(|(_, id)| **id == expert as i32)
                {
                    let at = row * sizes.n..(row + 1) * sizes.n;
                    assert_eq!(
                        got[at.clone()],
                        alone[at],
                        "{isa} {x_elem:?} {expert} {row}"
                    );
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "expert_matmul: expert 3 of 3")]
fn experts_out_of_range_panic() {
    let isa = Isa::best();
    let sizes = Sizes {
        t: 1,
        n_used: 1,
        n_experts: 3,
        n: 1,
        k: 1,
        shared_x: true,
    };
    let types = sizes.types(Elem::F32, DType::F32, false);
    let weight = packed(DType::F32, [3, 1], &[0; 12], false);
    let inputs = [
        f32s(&[1, 1], &[1.0]),
        weights(&[3, 1, 1], &weight),
        i32s(&[1, 1], &[3]),
    ];
    let kernel = kernel(&ExpertMatMul::default(), &types, CpuConfig { isa });
    run_all("out of range", &*kernel, &inputs, (1, [1, 1]), &[]);
}

#[test]
fn the_layout_follows_the_activations() {
    let sizes = shapes(16, 64)[0];
    let layout = |x, input| {
        let types = sizes.types(x, DType::Q4_0, true);
        ExpertMatMul { bias: true }.weight_layout(input, &types)
    };
    let tiles = TileFormat::for_dtype(DType::Q4_0, 64).map(Layout::Tiles);
    assert_eq!(layout(Elem::F32, 1), Some(Layout::Rows));
    assert_eq!(layout(Elem::Q8(Blocks::Of32), 1), tiles);
    assert_eq!(layout(Elem::Q8(Blocks::Of32), 3), Some(Layout::Rows));
}

#[test]
fn broken_contracts_are_errors() {
    let sizes = shapes(16, 256)[1];
    let op = ExpertMatMul { bias: true };
    let good = sizes.types(Elem::F32, DType::Q4_K, true);
    let (t, used) = (good[2].dims[0], good[2].dims[1]);
    assert_eq!(
        op.infer(&good),
        Ok(vec![ValueType::new(Elem::F32, [t, used, Dim::Fixed(16)])])
    );
    assert!(matches!(
        op.infer(&good[..3]),
        Err(ContractError::Arity { expected: 4, .. })
    ));
    let with = |at: usize, ty: ValueType| {
        let mut types = good.clone();
        types[at] = ty;
        types
    };
    let fixed = |elem, dims: &[usize]| ValueType::new(elem, dims.iter().map(|&d| Dim::Fixed(d)));
    let weight = |dims: &[usize]| fixed(Elem::Weight(DType::Q4_K), dims);
    for (inputs, at) in [
        (
            with(0, ValueType::new(Elem::F32, [used, t, Dim::Fixed(256)])),
            0,
        ),
        (with(0, ValueType::new(Elem::I32, good[0].dims.clone())), 0),
        (with(1, weight(&[16, 256])), 1),
        (with(1, weight(&[3, 16, 512])), 1),
        (with(1, weight(&[3, 16, 100])), 1),
        (with(1, fixed(Elem::F32, &[3, 16, 256])), 1),
        (with(2, ValueType::new(Elem::F32, [t, used])), 2),
        (with(3, fixed(Elem::Weight(DType::F32), &[16])), 3),
    ] {
        let error = op.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
    // Tiles of two experts at once there are none.
    let mut odd = sizes;
    odd.n = 24;
    let q8 = odd.types(Elem::Q8(Blocks::Of256), DType::Q4_K, true);
    assert!(matches!(
        op.infer(&q8),
        Err(ContractError::Input { input: 1, .. })
    ));
    assert!(op.infer(&odd.types(Elem::F32, DType::Q4_K, true)).is_ok());
    for (x, dtype) in [
        (Elem::F32, DType::I32),
        (Elem::Q8(Blocks::Of32), DType::F16),
    ] {
        assert_eq!(
            op.infer(&sizes.types(x, dtype, true)),
            Err(ContractError::UnsupportedDType {
                op: "expert_matmul",
                dtype
            })
        );
    }
}
