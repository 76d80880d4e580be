//! Test support: run a kernel as an executor does, on an output cut into tiles.

use hearth_simd::Isa;

use crate::contract::{Operation, ValueType};
use crate::cpu::{CpuConfig, CpuKernel, Operand, OperandData, Partition};
use crate::quantize_rows::{self, Blocks, QuantizeRows};
use crate::testing::rows_of_floats;
use crate::tile::{OutTile, TileMut};
use crate::weight::{AlignedBytes, CpuWeight};

/// The configurations to test.
pub(crate) fn configs() -> impl Iterator<Item = CpuConfig> {
    Isa::available().iter().map(|&isa| CpuConfig { isa })
}

/// The kernel of `op` for inputs that keep its contract.
pub(crate) fn kernel(
    op: &dyn Operation,
    inputs: &[ValueType],
    config: CpuConfig,
) -> Box<dyn CpuKernel> {
    op.cpu(inputs, config)
        .unwrap_or_else(|e| panic!("{op:?}: {e}"))
}

/// f32 operand.
pub(crate) fn f32s<'a>(dims: &'a [usize], data: &'a [f32]) -> Operand<'a> {
    assert_eq!(dims.iter().product::<usize>(), data.len());
    Operand {
        dims,
        data: OperandData::F32(data),
    }
}

/// i32 operand.
pub(crate) fn i32s<'a>(dims: &'a [usize], data: &'a [i32]) -> Operand<'a> {
    assert_eq!(dims.iter().product::<usize>(), data.len());
    Operand {
        dims,
        data: OperandData::I32(data),
    }
}

/// A weight as an operand.
pub(crate) fn weights<'a>(dims: &'a [usize], weight: &'a CpuWeight) -> Operand<'a> {
    assert_eq!(dims.iter().product::<usize>(), weight.rows * weight.cols);
    Operand {
        dims,
        data: OperandData::Weight(weight),
    }
}

/// Rows as `QuantizeRows` gives them, and what they mean.
pub(crate) fn quantized(
    isa: Isa,
    blocks: Blocks,
    x: &[f32],
    [t, k]: [usize; 2],
) -> (AlignedBytes, Vec<f64>) {
    let op = QuantizeRows { blocks };
    let kernel = kernel(&op, &[rows_of_floats(k)], CpuConfig { isa });
    let mut bytes = AlignedBytes::zeroed(t * blocks.row_bytes(k));
    let tile = TileMut::whole(&mut bytes, blocks.row_bytes(k));
    kernel.run(&[f32s(&[t, k], x)], &mut [OutTile::Bytes(tile)], &mut []);
    let values = quantize_rows::reference::values(blocks, &bytes);
    (bytes, values)
}

/// Row and column ranges of the tiles of a `[rows, cols]` output.
pub(crate) fn tiles(cut: Partition, rows: usize, cols: usize) -> Vec<[std::ops::Range<usize>; 2]> {
    let pieces = |n: usize, step: usize| {
        (0..n)
            .step_by(step)
            .map(move |start| start..(start + step).min(n))
    };
    match cut {
        Partition::Rows(n) => pieces(rows, n).map(|rows| [rows, 0..cols]).collect(),
        Partition::Cols(n) => pieces(cols, n).map(|cols| [0..rows, cols]).collect(),
        Partition::Whole => vec![[0..rows, 0..cols]],
    }
}

/// The f32 outputs of `kernel`, all `[rows, cols]`, computed tile by tile. Outputs and scratch start as NaN.
pub(crate) fn run(
    kernel: &dyn CpuKernel,
    inputs: &[Operand<'_>],
    n_outputs: usize,
    [rows, cols]: [usize; 2],
    cut: Partition,
) -> Vec<Vec<f32>> {
    let dims: Vec<&[usize]> = inputs.iter().map(|input| input.dims).collect();
    let mut outputs = vec![vec![f32::NAN; rows * cols]; n_outputs];
    for [tile_rows, tile_cols] in tiles(cut, rows, cols) {
        let mut scratch = vec![f32::NAN; kernel.scratch_floats(&dims)];
        let mut out: Vec<OutTile<'_>> = outputs
            .iter_mut()
            .map(|data| {
                OutTile::F32(TileMut::part(
                    data,
                    cols,
                    tile_rows.clone(),
                    tile_cols.clone(),
                ))
            })
            .collect();
        kernel.run(inputs, &mut out, &mut scratch);
    }
    outputs
}

/// [`run`] with each cut; all must give the same bits, which come back once.
pub(crate) fn run_all(
    context: &str,
    kernel: &dyn CpuKernel,
    inputs: &[Operand<'_>],
    shape: (usize, [usize; 2]),
    cuts: &[Partition],
) -> Vec<Vec<f32>> {
    let (n_outputs, dims) = shape;
    let whole = run(kernel, inputs, n_outputs, dims, Partition::Whole);
    for &cut in cuts {
        let got = run(kernel, inputs, n_outputs, dims, cut);
        let same = got
            .iter()
            .flatten()
            .zip(whole.iter().flatten())
            .all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{context}: {cut:?} differs from the whole");
    }
    whole
}

/// The operand of a state that the kernel writes.
pub(crate) fn in_place(dims: &[usize]) -> Operand<'_> {
    Operand {
        dims,
        data: OperandData::InPlace,
    }
}

/// The outputs of a kernel that writes `state` in place and gives f32 rows `[rows, cols]`, both cut into so many
/// columns; all cuts must give the same bits, which come back once. Rows and scratch start as NaN.
pub(crate) fn run_in_place(
    context: &str,
    kernel: &dyn CpuKernel,
    inputs: &[Operand<'_>],
    state: &[f32],
    [rows, cols]: [usize; 2],
    cuts: &[usize],
) -> [Vec<f32>; 2] {
    let dims: Vec<&[usize]> = inputs.iter().map(|input| input.dims).collect();
    let state_rows = inputs[0].rows();
    let run = |cut: Partition| {
        let mut outputs = [state.to_vec(), vec![f32::NAN; rows * cols]];
        for [_, tile_cols] in tiles(cut, 1, cols) {
            let mut scratch = vec![f32::NAN; kernel.scratch_floats(&dims)];
            let [state, y] = &mut outputs;
            let state = TileMut::part(state, cols, 0..state_rows, tile_cols.clone());
            let y = TileMut::part(y, cols, 0..rows, tile_cols);
            let mut out = [OutTile::F32(state), OutTile::F32(y)];
            kernel.run(inputs, &mut out, &mut scratch);
        }
        outputs
    };
    let bits = |outputs: &[Vec<f32>; 2]| {
        let elements = outputs.iter().flatten();
        elements.map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let whole = run(Partition::Whole);
    for &cut in cuts {
        let got = run(Partition::Cols(cut));
        let same = bits(&got) == bits(&whole);
        assert!(same, "{context}: {cut} columns differ from the whole");
    }
    whole
}
