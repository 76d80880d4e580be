//! CPU short convolution, token by token: each state row adds its tap's share and is handed the input of the row after
//! it, so that the state is always up to date, however sequences take turns.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{ScaledProduct, map2};
use crate::recurrent;
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct ShortConvKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for ShortConvKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        // A cache line of channels in every row of both outputs.
        Partition::Cols(16)
    }

    fn scratch_floats(&self, inputs: &[&[usize]]) -> usize {
        match inputs[2] {
            [channels, taps] => channels * (taps + 1),
            other => panic!("the contract promises [channels, taps], got {other:?}"),
        }
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let [state, y] = outputs else {
            panic!("short_conv has two outputs, got {}", outputs.len());
        };
        let (taps, width) = (inputs[2].cols(), y.cols().len());
        let (weight, rest) = scratch.split_at_mut(taps * width);
        self.isa.run(Call {
            n_sequences: inputs[0].rows() / (taps - 1),
            x: inputs[1].f32(),
            channels: inputs[1].cols(),
            channel_weights: inputs[2].f32(),
            taps,
            positions: inputs[3].i32(),
            sequences: inputs[4].i32(),
            state: state.f32(),
            y: y.f32(),
            weight,
            moving: &mut rest[..width],
        });
    }
}

struct Call<'c, 'a> {
    n_sequences: usize,
    x: &'c [f32], // [t, channels]
    channels: usize,
    channel_weights: &'c [f32], // [channels, taps]
    taps: usize,
    positions: &'c [i32],
    sequences: &'c [i32],
    state: &'c mut TileMut<'a, f32>,
    y: &'c mut TileMut<'a, f32>,
    weight: &'c mut [f32], // [taps, width of the tile]
    moving: &'c mut [f32], // [width of the tile]
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let cols = self.y.cols();
        assert_eq!(
            self.state.cols(),
            cols,
            "short_conv: both outputs are cut alike"
        );
        if cols.is_empty() {
            return;
        }
        self.transpose();
        for (i, (&sequence, &position)) in self.sequences.iter().zip(self.positions).enumerate() {
            let sequence = recurrent::sequence("short_conv", sequence, self.n_sequences);
            self.token(simd, i, sequence * (self.taps - 1), position == 0);
        }
    }
}

impl Call<'_, '_> {
    /// Lay the tile's weights out tap by tap, so that lanes are channels.
    fn transpose(&mut self) {
        let cols = self.y.cols();
        let channels = &self.channel_weights[cols.start * self.taps..cols.end * self.taps];
        for (c, taps) in channels.chunks_exact(self.taps).enumerate() {
            for (tap, &w) in self.weight.chunks_exact_mut(cols.len()).zip(taps) {
                tap[c] = w;
            }
        }
    }

    /// Token `i`, whose sequence's state begins at row `first`.
    #[inline(always)]
    fn token<S: Simd>(&mut self, simd: S, i: usize, first: usize, is_start: bool) {
        let (cols, before) = (self.y.cols(), self.taps - 1);
        let x = &self.x[i * self.channels..][cols.clone()];
        let y = self.y.row(i);
        let (weight, own) = self.weight.split_at(before * cols.len());
        map2(simd, ScaledProduct { factor: 1.0 }, x, own, y);
        self.moving.copy_from_slice(x);
        for (j, weight) in weight.chunks_exact(cols.len()).enumerate().rev() {
            let row = self.state.row(first + j);
            if is_start {
                row.fill(0.0);
            }
            add_products(simd, weight, row, y);
            row.swap_with_slice(self.moving);
        }
    }
}

/// `y += a * b`.
#[inline(always)]
fn add_products<S: Simd>(simd: S, a: &[f32], b: &[f32], y: &mut [f32]) {
    let whole = y.len() - y.len() % S::LANES;
    let ((a, a_tail), (b, b_tail)) = (a.split_at(whole), b.split_at(whole));
    let (y, y_tail) = y.split_at_mut(whole);
    let factors = a.chunks_exact(S::LANES).zip(b.chunks_exact(S::LANES));
    for (y, (a, b)) in y.chunks_exact_mut(S::LANES).zip(factors) {
        simd.store(simd.mul_add(simd.load(a), simd.load(b), simd.load(y)), y);
    }
    if !y_tail.is_empty() {
        let (a, b) = (simd.load_partial(a_tail), simd.load_partial(b_tail));
        simd.store_partial(simd.mul_add(a, b, simd.load_partial(y_tail)), y_tail);
    }
}
