//! CPU quantisation, block by block. Plain loops over 32 elements, which the compiler turns into vectors of the
//! instruction set that they are compiled for.

use bytemuck::cast_slice_mut;
use hearth_simd::{Isa, Kernel, Simd};

use super::{BLOCK, Factors, HALF, Q8Block};
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
}

impl CpuKernel for QuantizeRowsKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            x: inputs[0].f32(),
            k: inputs[0].cols(),
            y: outputs[0].bytes(),
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    k: usize,
    y: &'c mut TileMut<'a, u8>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        for row in self.y.rows() {
            let (blocks, _) = self.x[row * self.k..][..self.k].as_chunks::<BLOCK>();
            let outputs: &mut [Q8Block] = cast_slice_mut(self.y.row(row));
            for (x, Q8Block { codes, factors }) in blocks.iter().zip(outputs) {
                let scale = quantize(x, codes);
                let [first, second] = sum_halves(codes);
                *factors = Factors {
                    scale,
                    sum: scale * (first + second) as f32,
                    half_sums: [scale * first as f32, scale * second as f32],
                };
            }
        }
    }
}

/// Write a block's codes and give its scale.
#[inline(always)]
pub(crate) fn quantize(x: &[f32; BLOCK], codes: &mut [i8; BLOCK]) -> f32 {
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
    eleven_bits(scale)
}

/// Round a positive number to the 11 significant bits of half precision, to nearest even, with the range of f32.
#[inline(always)]
fn eleven_bits(x: f32) -> f32 {
    let bits = x.to_bits();
    let odd = (bits >> 13) & 1;
    f32::from_bits((bits + 0x0fff + odd) & !0x1fff)
}

#[inline(always)]
fn sum_halves(codes: &[i8; BLOCK]) -> [i32; 2] {
    let mut sums = [0i16; 2];
    for (sum, codes) in sums.iter_mut().zip(codes.chunks_exact(HALF)) {
        for &code in codes {
            *sum += i16::from(code);
        }
    }
    sums.map(i32::from)
}
