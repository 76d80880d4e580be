//! The CPU kernels, one per layout of the weight. Each is compiled for every instruction set ([`Isa::run`]).
//!
//! | file | holds |
//! |---|---|
//! | `rows.rs` | the exact path: f32 activations, rows of blocks dequantised as they are needed |
//! | `tiles.rs` | the fast path: 8-bit activations, eight rows of weights side by side |
//! | `epilogue.rs` | what is added to a product: bias, residual |

mod epilogue;
mod rows;
mod tiles;

use hearth_simd::Isa;

use crate::cpu::{CpuKernel, Partition};
use crate::weight::{Layout, TILE_ROWS};

pub(super) use epilogue::Inputs as EpilogueInputs;

/// The kernel for weights that lie so.
pub(super) fn kernel(layout: Layout, isa: Isa, epilogue: EpilogueInputs) -> Box<dyn CpuKernel> {
    match layout {
        Layout::Rows => Box::new(rows::RowsKernel { isa, epilogue }),
        Layout::Tiles(format) => Box::new(tiles::TilesKernel {
            isa,
            format,
            epilogue,
        }),
    }
}

/// Columns of the output are cut at multiples of eight, the rows of a tile.
fn partition(out_dims: &[usize]) -> Partition {
    match out_dims.last() {
        Some(&n) if n > TILE_ROWS => Partition::Cols(TILE_ROWS),
        _ => Partition::Whole,
    }
}
