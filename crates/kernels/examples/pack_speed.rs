//! Speed of laying out weights on one thread: `cargo run --release -p hearth-kernels --example pack_speed [-- Q4_K]`.
//!
//! Prints gigabytes of the file's bytes per second, for each type and instruction set. Rows come in pieces that fit into
//! caches; "fresh" memory is touched for the first time, as when a model is loaded.

use std::time::Instant;

use hearth_kernels::Layout;
use hearth_kernels::matmul::TileFormat;
use hearth_kernels::weight::{WeightBuilder, WeightSpec};
use hearth_simd::Isa;
use hearth_tensor::DType;

const ROWS: usize = 1 << 14;
const COLS: usize = 1024;
/// Rows of a piece.
const PIECE: usize = 256;

fn main() {
    println!("weights [{ROWS}, {COLS}], one thread, best of many runs");
    for &isa in Isa::available() {
        for &dtype in DType::ALL {
            let name = format!("{isa} {dtype}");
            let wanted = name.contains(&std::env::args().nth(1).unwrap_or_default());
            if let Some(format) = TileFormat::for_dtype(dtype, COLS).filter(|_| wanted) {
                let few = speed(isa, dtype, format, PIECE, 200);
                let many = speed(isa, dtype, format, ROWS, 8);
                println!("{name:18} {few:6.2} GB/s in caches, {many:6.2} GB/s to fresh memory");
            }
        }
    }
}

fn speed(isa: Isa, dtype: DType, format: TileFormat, rows: usize, runs: usize) -> f64 {
    let spec = WeightSpec {
        dtype,
        rows,
        cols: COLS,
        layout: Layout::Tiles(format),
    };
    let bytes = dtype.bytes_for(COLS).expect("whole blocks") * PIECE;
    // Small scales, so that none is too large; the codes do not matter.
    let raw: Vec<u8> = (0..bytes).map(|i| (i * 31 % 61) as u8).collect();
    let seconds = (0..runs).map(|_| {
        let start = Instant::now();
        let mut builder = WeightBuilder::with_isa(spec, isa);
        for _ in 0..rows / PIECE {
            builder.push_rows(&raw).expect("finite scales");
        }
        std::hint::black_box(builder.finish().expect("all rows"));
        start.elapsed().as_secs_f64()
    });
    (bytes * (rows / PIECE)) as f64 / seconds.fold(f64::MAX, f64::min) / 1e9
}
