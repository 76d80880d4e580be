//! CPU quantisation, block by block. Plain loops, which the compiler turns into vectors of the
//! instruction set that they are compiled for.

use bytemuck::cast_slice_mut;
use hearth_simd::{Isa, Kernel, Simd};

use super::{BLOCK, Blocks, Factors, HALF, LARGE_BLOCK, Q8Block, Q8Block256};
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::{OutTile, TileMut};

/// 1.5 * 2^23: an f32 of magnitude below 2^22 plus this has its rounded integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Bits of the absolute value.
const MAGNITUDE: u32 = 0x7fff_ffff;
/// The bits of infinity: greater ones are those of NaN.
const INFINITE: u32 = 0x7f80_0000;

#[derive(Debug)]
pub(super) struct QuantizeRowsKernel {
    pub(super) isa: Isa,
    pub(super) blocks: Blocks,
}

impl CpuKernel for QuantizeRowsKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            blocks: self.blocks,
            x: inputs[0].f32(),
            k: inputs[0].cols(),
            y: outputs[0].bytes(),
        });
    }
}

struct Call<'c, 'a> {
    blocks: Blocks,
    x: &'c [f32],
    k: usize,
    y: &'c mut TileMut<'a, u8>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        for row in self.y.rows() {
            let x = &self.x[row * self.k..][..self.k];
            let y = self.y.row(row);
            match self.blocks {
                Blocks::Of32 => small_blocks(x, cast_slice_mut(y)),
                Blocks::Of256 => large_blocks(x, cast_slice_mut(y)),
            }
        }
    }
}

#[inline(always)]
fn small_blocks(x: &[f32], y: &mut [Q8Block]) {
    let (blocks, _) = x.as_chunks();
    for (x, Q8Block { codes, factors }) in blocks.iter().zip(y) {
        let scale = quantize_block(x, codes);
        let mut half_sums = [0; 2];
        sum_halves(codes, &mut half_sums);
        let [first, second] = half_sums;
        *factors = Factors {
            scale,
            sum: scale * f32::from(first + second),
            half_sums: half_sums.map(|sum| scale * f32::from(sum)),
        };
    }
}

#[inline(always)]
fn large_blocks(x: &[f32], y: &mut [Q8Block256]) {
    let (blocks, _) = x.as_chunks::<LARGE_BLOCK>();
    for (x, y) in blocks.iter().zip(y) {
        y.scale = quantize(x, &mut y.codes);
        sum_halves(&y.codes, &mut y.half_sums);
        let (halves, _) = y.half_sums.as_chunks();
        for (sum, [first, second]) in y.sums.iter_mut().zip(halves) {
            *sum = first + second;
        }
        y.padding = [0; 3];
    }
}

/// Write a small block's codes and give its scale.
#[inline(always)]
pub(crate) fn quantize_block(x: &[f32; BLOCK], codes: &mut [i8; BLOCK]) -> f32 {
    eleven_bits(quantize(x, codes))
}

/// Write a block's codes and give its scale.
#[inline(always)]
fn quantize<const N: usize>(x: &[f32; N], codes: &mut [i8; N]) -> f32 {
    // As integers, so that NaN is the largest.
    let mut largest = 0i32;
    for x in x {
        largest = largest.max((x.to_bits() & MAGNITUDE) as i32);
    }
    let largest = largest as u32;
    let scale = f32::from_bits(largest) / 127.0;
    if largest >= INFINITE || scale < f32::MIN_POSITIVE {
        codes.fill(0);
        return if largest >= INFINITE { f32::NAN } else { 0.0 };
    }
    let inverse = 127.0 / f32::from_bits(largest);
    for (code, x) in codes.iter_mut().zip(x) {
        *code = (x * inverse + ROUND).to_bits() as i8;
    }
    scale
}

/// Round a scale to the 11 significant bits of half precision, to nearest even, with the range of f32. 0 and NaN stay.
#[inline(always)]
fn eleven_bits(x: f32) -> f32 {
    let bits = x.to_bits();
    if bits >= INFINITE {
        return x;
    }
    let odd = (bits >> 13) & 1;
    f32::from_bits((bits + 0x0fff + odd) & !0x1fff)
}

/// The sums of each 16 codes.
#[inline(always)]
fn sum_halves(codes: &[i8], sums: &mut [i16]) {
    let (halves, _) = codes.as_chunks::<HALF>();
    for (sum, codes) in sums.iter_mut().zip(halves) {
        *sum = 0;
        for &code in codes {
            *sum += i16::from(code);
        }
    }
}
