//! CPU RoPE: the sines and cosines of a token are computed once, for all of its heads.

use hearth_simd::{Isa, Kernel, Simd};

use super::angles::sin_cos;
use super::{Rope, RopeLayout};
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct RopeKernel {
    pub(super) isa: Isa,
    pub(super) op: Rope,
}

impl CpuKernel for RopeKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        match Partition::elementwise(out_dims, threads) {
            Partition::Cols(_) => Partition::Cols(self.op.head_dim),
            rows => rows,
        }
    }

    fn scratch_floats(&self, _inputs: &[&[usize]]) -> usize {
        self.op.rotary_dims
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let y = outputs[0].f32();
        let cols = y.cols();
        assert!(
            cols.start.is_multiple_of(self.op.head_dim)
                && cols.end.is_multiple_of(self.op.head_dim),
            "rope: a tile is whole heads, got columns {cols:?}"
        );
        let (cos, sin) = scratch[..self.op.rotary_dims].split_at_mut(self.op.rotary_dims / 2);
        self.isa.run(Call {
            op: &self.op,
            x: inputs[0].f32(),
            x_cols: inputs[0].cols(),
            positions: inputs[1].i32(),
            inv_freq: inputs[2].f32(),
            cos,
            sin,
            y,
        });
    }
}

struct Call<'c, 'a> {
    op: &'c Rope,
    x: &'c [f32],
    x_cols: usize,
    positions: &'c [i32],
    inv_freq: &'c [f32],
    cos: &'c mut [f32], // [rotary_dims / 2]
    sin: &'c mut [f32], // [rotary_dims / 2]
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (op, cols) = (self.op, self.y.cols());
        for row in self.y.rows() {
            let position = self.positions[row];
            assert!(position >= 0, "rope: position {position} of token {row}");
            turn(
                position as f32,
                self.inv_freq,
                op.magnitude,
                self.cos,
                self.sin,
            );
            let x = &self.x[row * self.x_cols..][cols.clone()];
            let y = self.y.row(row);
            let heads = x.chunks_exact(op.head_dim);
            for (x, y) in heads.zip(y.chunks_exact_mut(op.head_dim)) {
                let (x, x_rest) = x.split_at(op.rotary_dims);
                let (y, y_rest) = y.split_at_mut(op.rotary_dims);
                match op.layout {
                    RopeLayout::Interleaved => interleaved(x, self.cos, self.sin, y),
                    RopeLayout::Halves => halves(simd, x, self.cos, self.sin, y),
                }
                y_rest.copy_from_slice(x_rest);
            }
        }
    }
}

/// Cosines and sines of a position's angles.
#[inline(always)]
fn turn(position: f32, inv_freq: &[f32], magnitude: f32, cos: &mut [f32], sin: &mut [f32]) {
    for ((cos, sin), inv_freq) in cos.iter_mut().zip(sin).zip(inv_freq) {
        let (s, c) = sin_cos(position * inv_freq);
        *cos = (c * f64::from(magnitude)) as f32;
        *sin = (s * f64::from(magnitude)) as f32;
    }
}

/// Pairs of neighbours. Plain Rust: LLVM's shuffles serve as well as any that `Simd` could offer.
#[inline(always)]
fn interleaved(x: &[f32], cos: &[f32], sin: &[f32], y: &mut [f32]) {
    let (x, _) = x.as_chunks::<2>();
    let (y, _) = y.as_chunks_mut::<2>();
    for ((y, &[a, b]), (&cos, &sin)) in y.iter_mut().zip(x).zip(cos.iter().zip(sin)) {
        *y = [a * cos - b * sin, a * sin + b * cos];
    }
}

/// Pairs of an element of the first half and one of the second.
#[inline(always)]
fn halves<S: Simd>(simd: S, x: &[f32], cos: &[f32], sin: &[f32], y: &mut [f32]) {
    let half = cos.len();
    let (a, b) = x.split_at(half);
    let (y_a, y_b) = y.split_at_mut(half);
    let whole = half - half % S::LANES;
    for i in (0..whole).step_by(S::LANES) {
        let at = i..i + S::LANES;
        let (a, b) = (simd.load(&a[at.clone()]), simd.load(&b[at.clone()]));
        let (cos, sin) = (simd.load(&cos[at.clone()]), simd.load(&sin[at.clone()]));
        simd.store(
            simd.sub(simd.mul(a, cos), simd.mul(b, sin)),
            &mut y_a[at.clone()],
        );
        simd.store(simd.mul_add(a, sin, simd.mul(b, cos)), &mut y_b[at]);
    }
    for i in whole..half {
        y_a[i] = a[i] * cos[i] - b[i] * sin[i];
        y_b[i] = a[i] * sin[i] + b[i] * cos[i];
    }
}
