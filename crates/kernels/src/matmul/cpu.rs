//! The CPU kernels, one per layout of the weight. Each is compiled for every instruction set ([`Isa::run`]).
//!
//! | file | holds |
//! |---|---|
//! | `product.rs` | what a product is to both: rows of `x`, rows of the weight, an output |
//! | `rows.rs` | the exact path: f32 activations, rows of blocks dequantised as they are needed |
//! | `tiles.rs` | the fast path: 8-bit activations, sixteen rows of weights side by side |
//! | `one.rs` | of it, one row of activations: tiles as they lie |
//! | `many.rs` | several rows, which meet panels |
//! | `panel.rs` | panels: tiles taken apart |
//! | `packed.rs` | activations side by side, as tiles meet them |
//! | `format.rs` | what the compiler knows of a tile's format |
//! | `codes.rs` | codes and scales out of tiles |
//! | `codebooks.rs` | tiles whose codes stand for the values of a codebook |
//! | `epilogue.rs` | what is added to a product: bias, residual |

mod codebooks;
mod codes;
mod epilogue;
mod format;
mod many;
mod one;
mod packed;
mod panel;
mod product;
mod rows;
mod tiles;

use hearth_simd::Isa;

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::OutTile;
use crate::weight::{Layout, TILE_ROWS};

pub(crate) use epilogue::Epilogue;
pub(super) use epilogue::Inputs as EpilogueInputs;
pub(crate) use product::{Product, RowList, scratch_floats};

/// A product with one weight.
#[derive(Debug)]
pub(super) struct MatMulKernel {
    pub(super) isa: Isa,
    /// How the weight lies.
    pub(super) layout: Layout,
    pub(super) epilogue: EpilogueInputs,
}

impl CpuKernel for MatMulKernel {
    fn partition(&self, out_dims: &[usize], _chunks: usize) -> Partition {
        partition(out_dims)
    }

    fn nanos(&self, inputs: &[&[usize]], out_dims: &[usize]) -> usize {
        nanos(inputs[0].last().copied().unwrap_or(0), out_dims)
    }

    fn scratch_floats(&self, inputs: &[&[usize]]) -> usize {
        scratch_floats(self.layout, inputs[0].last().copied().unwrap_or(0))
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let (w, y) = (inputs[1].weight(), outputs[0].f32());
        assert_eq!(w.layout, self.layout, "the layout that was asked for");
        let product = Product {
            isa: self.isa,
            x: inputs[0],
            w,
            first: 0,
            rows: RowList::Run {
                first: y.rows().start,
                len: y.rows().len(),
            },
            epilogue: self.epilogue.of(inputs),
            y,
        };
        product.run(scratch);
    }
}

/// Columns of the output are cut at multiples of sixteen, the rows of a tile.
pub(crate) fn partition(out_dims: &[usize]) -> Partition {
    match out_dims.last() {
        Some(&n) if n > TILE_ROWS => Partition::Cols(TILE_ROWS),
        _ => Partition::Whole,
    }
}

/// What [`CpuKernel::nanos`] says of products of `k` elements.
pub(crate) fn nanos(k: usize, out_dims: &[usize]) -> usize {
    const PRODUCTS_PER_NANO: usize = 32;
    k * out_dims.iter().product::<usize>() / PRODUCTS_PER_NANO
}
