//! Speed of the matrix product on one thread:
//! `cargo run --release -p hearth-kernels --example matmul_speed [-- "avx2 rows F16"]`, all or those whose name holds
//! the text.
//!
//! Prints gigabytes of weights read per second for one row of activations, and billions of multiply-adds per second
//! for 64 rows, for each type, way and instruction set. For one row, weights are large enough not to fit into caches;
//! for 64 they are small, so that a run is short enough to find the machine quiet.

use std::time::{Duration, Instant};

use hearth_kernels::cpu::OperandData;
use hearth_kernels::matmul::{MatMul, TileFormat};
use hearth_kernels::quantize_rows::{Blocks, QuantizeRows};
use hearth_kernels::weight::{AlignedBytes, WeightBuilder, WeightSpec};
use hearth_kernels::{
    CpuConfig, CpuWeight, Elem, Layout, Operand, Operation, OutTile, TileMut, ValueType,
};
use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

const ROWS: usize = 16384;
const FEW_ROWS: usize = 512;
const TOKENS: usize = 64;
const COLS: usize = 2048;

fn main() {
    println!("weights [{ROWS}, {COLS}] and [{FEW_ROWS}, {COLS}], one thread, best of many runs");
    for &isa in Isa::available() {
        for dtype in [
            DType::F32,
            DType::F16,
            DType::Q8_0,
            DType::Q4_0,
            DType::Q4_K,
            DType::Q6_K,
        ] {
            report(isa, dtype, Layout::Rows);
        }
        for &dtype in DType::ALL {
            if let Some(format) = TileFormat::for_dtype(dtype, COLS) {
                report(isa, dtype, Layout::Tiles(format));
            }
        }
    }
}

fn report(isa: Isa, dtype: DType, layout: Layout) {
    let way = if layout == Layout::Rows {
        "rows"
    } else {
        "tiles"
    };
    let name = format!("{isa} {way} {dtype}");
    if !name.contains(&std::env::args().nth(1).unwrap_or_default()) {
        return;
    }
    let large = weight(dtype, layout, ROWS);
    let one = time(isa, &large, 1);
    let many = time(isa, &weight(dtype, layout, FEW_ROWS), TOKENS);
    println!(
        "{name:18} {:6.1} GB/s at 1 row, {:7.1} GMAC/s at {TOKENS} rows",
        large.bytes.len() as f64 / one.as_secs_f64() / 1e9,
        (TOKENS * FEW_ROWS * COLS) as f64 / many.as_secs_f64() / 1e9,
    );
}

/// Random codes with scales of about 0.01, as real weights have them: subnormal scales would be slow.
fn weight(dtype: DType, layout: Layout, rows: usize) -> CpuWeight {
    let row = dtype.bytes_for(COLS).expect("whole blocks");
    let mut state = 1u64;
    let mut raw: Vec<u8> = (0..row * 16)
        .map(|_| {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let halves: &[usize] = match dtype {
        DType::Q4_1 | DType::Q5_1 | DType::Q4_K | DType::Q5_K => &[0, 2],
        DType::Q2_K => &[80, 82],
        DType::Q3_K => &[108],
        DType::Q6_K => &[208],
        _ => &[0],
    };
    for block in raw.chunks_exact_mut(dtype.block_bytes()) {
        match dtype {
            DType::F32 => block.copy_from_slice(&0.01f32.to_le_bytes()),
            DType::MXFP4 => block[0] = 120,
            DType::NVFP4 => block[..4].fill(0x20),
            _ => halves.iter().for_each(|&at| block[at + 1] = 0x21),
        }
    }
    let mut builder = WeightBuilder::new(WeightSpec {
        dtype,
        rows,
        cols: COLS,
        layout,
    });
    for _ in 0..rows / 16 {
        builder.push_rows(&raw).expect("whole rows");
    }
    builder.finish().expect("all rows")
}

fn time(isa: Isa, weight: &CpuWeight, tokens: usize) -> Duration {
    let x: Vec<f32> = (0..tokens * COLS)
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let floats = ValueType::f32_rows(Dim::Fixed(tokens), COLS);
    let config = CpuConfig { isa };
    let (x_dims, w_dims) = ([tokens, COLS], [weight.rows, COLS]);
    let x = Operand {
        dims: &x_dims,
        data: OperandData::F32(&x),
    };
    let blocks = match weight.layout {
        Layout::Tiles(format) => format.activations(),
        _ => Blocks::Of32,
    };
    let mut rounded = AlignedBytes::zeroed(tokens * blocks.row_bytes(COLS));
    let tile = TileMut::whole(&mut rounded, blocks.row_bytes(COLS));
    let quantize = QuantizeRows { blocks }
        .cpu(std::slice::from_ref(&floats), config)
        .expect("keeps the contract");
    quantize.run(&[x], &mut [OutTile::Bytes(tile)], &mut []);
    let (elem, x) = match weight.layout {
        Layout::Rows => (Elem::F32, x),
        _ => (
            Elem::Q8(blocks),
            Operand {
                data: OperandData::Bytes(&rounded),
                ..x
            },
        ),
    };
    let types = [
        ValueType::new(elem, floats.dims),
        ValueType::new(Elem::Weight(weight.dtype), w_dims.map(Dim::Fixed)),
    ];
    let kernel = MatMul::default()
        .cpu(&types, config)
        .expect("keeps the contract");
    let mut scratch = vec![0.0; kernel.scratch_floats(&[&x_dims, &w_dims])];
    let mut y = vec![0.0; tokens * weight.rows];
    let inputs = [
        x,
        Operand {
            dims: &w_dims,
            data: OperandData::Weight(weight),
        },
    ];
    let mut run = |calls: u32| {
        let started = Instant::now();
        for _ in 0..calls {
            let tile = OutTile::F32(TileMut::whole(&mut y, weight.rows));
            kernel.run(&inputs, &mut [tile], &mut scratch);
        }
        started.elapsed() / calls
    };
    // A browser's clock is coarse: what is timed takes some ten milliseconds.
    let calls = 10_000_000 / run(1).as_nanos().max(1) as u32 + 1;
    let begin = Instant::now();
    let runs = (0..200).take_while(|&i| i < 5 || begin.elapsed() < Duration::from_millis(300));
    runs.map(|_| run(calls)).min().unwrap_or_default()
}
