use half::f16;
use hearth_tensor::{DType, Dim, Symbol};

use super::{CacheShape, KvWrite, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuKernel, Operand, OperandData, Partition};
use crate::cut::{configs, f32s, i32s, kernel, tiles};
use crate::testing::random;
use crate::tile::{OutTile, TileMut};

fn types(shape: [usize; 4], dtype: DType) -> [ValueType; 4] {
    let t = Dim::symbol(Symbol(0));
    let [heads, _, _, head_dim] = shape;
    [
        ValueType::new(Elem::State(dtype), shape.map(Dim::Fixed)),
        ValueType::f32_rows(t, heads * head_dim),
        ValueType::new(Elem::I32, [t]),
        ValueType::new(Elem::I32, [t]),
    ]
}

const SHAPES: [[usize; 4]; 4] = [[1, 1, 8, 1], [2, 3, 8, 16], [3, 2, 8, 20], [2, 2, 8, 7]];
const POSITIONS: [i32; 5] = [0, 1, 7, 2, 2];

fn sequences(shape: [usize; 4]) -> Vec<i32> {
    (0..5).map(|i| i % shape[1] as i32).collect()
}

/// Cuts by head, across heads and sequences, and by columns.
const CUTS: [Partition; 5] = [
    Partition::Whole,
    Partition::Rows(8),
    Partition::Rows(5),
    Partition::Rows(24),
    Partition::Cols(3),
];

fn inputs<'a>(
    shape: &'a [usize; 4],
    x_dims: &'a [usize; 2],
    x: &'a [f32],
    sequences: &'a [i32],
) -> [Operand<'a>; 4] {
    [
        Operand {
            dims: shape,
            data: OperandData::InPlace,
        },
        f32s(x_dims, x),
        i32s(&[5], &POSITIONS),
        i32s(&[5], sequences),
    ]
}

const Q8_0_SHAPES: [[usize; 4]; 2] = [[2, 3, 8, 32], [3, 2, 8, 96]];

#[test]
fn q8_0_variants_store_the_blocks_of_the_reference() {
    for config in configs() {
        for shape in Q8_0_SHAPES {
            let cells = CacheShape::from_dims(shape);
            let x_dims = [5, shape[0] * shape[3]];
            let mut x = random(1, x_dims[0] * x_dims[1], 4.0);
            x[..32].fill(0.0);
            x[32..64].fill(1e-12);
            x[64..96].fill(-3e4);
            let sequences = sequences(shape);
            let rows = |numbers: &[i32]| numbers.iter().map(|&n| n as usize).collect::<Vec<_>>();
            // What no token writes is NaN, so that it is told from what one writes.
            let mut wide = vec![f32::NAN; shape.iter().product()];
            reference::kv_write(&mut wide, cells, &x, &rows(&POSITIONS), &rows(&sequences));
            let before: Vec<u8> = (0..wide.len() / 32 * 34).map(|i| i as u8).collect();
            let blocks = wide.chunks(32).zip(before.chunks(34));
            let want: Vec<u8> = blocks
                .flat_map(|(x, before)| match x[0].is_nan() {
                    true => before.to_vec(),
                    false => reference::q8_0_block(x),
                })
                .collect();
            let inputs = inputs(&shape, &x_dims, &x, &sequences);
            let kernel = kernel(&KvWrite, &types(shape, DType::Q8_0), config);
            for cut in CUTS
                .into_iter()
                .filter(|cut| !matches!(cut, Partition::Cols(_)))
            {
                let mut state = before.clone();
                let row_bytes = shape[3] / 32 * 34;
                for [rows, _] in tiles(cut, inputs[0].rows(), row_bytes) {
                    let tile = TileMut::part(&mut state, row_bytes, rows, 0..row_bytes);
                    kernel.run(&inputs, &mut [OutTile::Bytes(tile)], &mut []);
                }
                assert_eq!(state, want, "{config:?}, {shape:?}, {cut:?}");
            }
        }
    }
}

/// The variant of `OutTile` for a state's elements.
type Wrap<T> = for<'a> fn(TileMut<'a, T>) -> OutTile<'a>;

// Functions, because the variants themselves are not general over the lifetime.
fn f32_tile(tile: TileMut<'_, f32>) -> OutTile<'_> {
    OutTile::F32(tile)
}

fn f16_tile(tile: TileMut<'_, f16>) -> OutTile<'_> {
    OutTile::F16(tile)
}

fn write<T>(
    kernel: &dyn CpuKernel,
    inputs: &[Operand<'_>],
    state: &mut [T],
    cut: Partition,
    wrap: Wrap<T>,
) {
    let cols = inputs[0].cols();
    for [rows, tile_cols] in tiles(cut, inputs[0].rows(), cols) {
        let tile = TileMut::part(state, cols, rows, tile_cols);
        kernel.run(inputs, &mut [wrap(tile)], &mut []);
    }
}

#[test]
fn variants_match_reference() {
    for config in configs() {
        for shape in SHAPES {
            let cells = CacheShape::from_dims(shape);
            let x_dims = [5, shape[0] * shape[3]];
            let x = random(1, x_dims[0] * x_dims[1], 4.0);
            let sequences = sequences(shape);
            let before = random(2, shape.iter().product(), 1.0);
            let mut want = before.clone();
            let rows = |numbers: &[i32]| numbers.iter().map(|&n| n as usize).collect::<Vec<_>>();
            reference::kv_write(&mut want, cells, &x, &rows(&POSITIONS), &rows(&sequences));
            let inputs = inputs(&shape, &x_dims, &x, &sequences);
            for cut in CUTS {
                let context = format!("{config:?}, {shape:?}, {cut:?}");
                let kernel_f32 = kernel(&KvWrite, &types(shape, DType::F32), config);
                let mut state = before.clone();
                write(&*kernel_f32, &inputs, &mut state, cut, f32_tile);
                assert_eq!(state, want, "{context}");

                let kernel_f16 = kernel(&KvWrite, &types(shape, DType::F16), config);
                let to_f16 = |v: &[f32]| v.iter().map(|&v| f16::from_f32(v)).collect::<Vec<_>>();
                let mut state = to_f16(&before);
                write(&*kernel_f16, &inputs, &mut state, cut, f16_tile);
                assert_eq!(state, to_f16(&want), "{context}, F16");
            }
        }
    }
}

#[test]
fn a_thread_owns_whole_heads() {
    let config = configs().next().expect("there is always one");
    let shape = [2, 3, 8, 16];
    let kernel = kernel(&KvWrite, &types(shape, DType::F32), config);
    assert_eq!(kernel.partition(&shape, 4), Partition::Rows(24));
}

#[test]
#[should_panic(expected = "kv_write: position 8 of sequence 0, but the cache holds 8 positions")]
fn position_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    let shape = [1, 1, 8, 1];
    let kernel = kernel(&KvWrite, &types(shape, DType::F32), config);
    let mut inputs = inputs(&shape, &[5, 1], &[0.0; 5], &[0; 5]);
    inputs[2] = i32s(&[5], &[0, 1, 2, 3, 8]);
    write(&*kernel, &inputs, &mut [0.0; 8], Partition::Whole, f32_tile);
}

#[test]
fn broken_contracts_are_errors() {
    let good = types([2, 3, 8, 16], DType::F16);
    assert_eq!(KvWrite.infer(&good), Ok(vec![good[0].clone()]));
    assert_eq!(KvWrite.states_written(), [0]);
    assert!(matches!(
        KvWrite.infer(&good[..3]),
        Err(ContractError::Arity { expected: 4, .. })
    ));
    let bf16 = ValueType::new(Elem::State(DType::BF16), good[0].dims.clone());
    let no_block = types([2, 3, 8, 16], DType::Q8_0)[0].clone();
    let flat = ValueType::new(Elem::State(DType::F16), good[0].dims[1..].to_vec());
    let narrow = ValueType::f32_rows(Dim::symbol(Symbol(0)), 16);
    let other_rows = ValueType::new(Elem::I32, [Dim::Fixed(1)]);
    for (input, bad) in [
        (0, bf16),
        (0, flat),
        (0, no_block),
        (1, narrow),
        (2, other_rows.clone()),
        (3, other_rows),
    ] {
        let mut types = good.clone();
        types[input] = bad;
        let error = KvWrite.infer(&types);
        assert!(
            matches!(error, Err(ContractError::Input { input: i, .. }) if i == input),
            "{error:?}"
        );
    }
}
