//! CPU gated delta rule: a block of value columns at a time. The columns of a matrix do not depend on each other, so a
//! block of them is copied to where it lies together, taken through all tokens of its sequence, and written back.

use std::ops::Range;

use hearth_simd::{Isa, Kernel, Simd};

use super::GatedDeltaNet;
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::recurrent;
use crate::tile::{OutTile, TileMut};

/// Vectors of a block of columns: enough sums that do not wait for each other.
const VECTORS: usize = 4;

/// Lanes that a block has room for.
const MAX_LANES: usize = 16;

#[derive(Debug)]
pub(super) struct GatedDeltaNetKernel {
    pub(super) isa: Isa,
    pub(super) op: GatedDeltaNet,
}

impl CpuKernel for GatedDeltaNetKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Cols(self.op.v_dim)
    }

    fn nanos(&self, _inputs: &[&[usize]], out_dims: &[usize]) -> usize {
        // Every element of a head's state, for every token.
        let rows_per_nano = 8;
        out_dims.iter().product::<usize>() * (self.op.v_dim / rows_per_nano).max(1)
    }

    fn scratch_floats(&self, inputs: &[&[usize]]) -> usize {
        let t = inputs[1].first().copied().unwrap_or(0);
        self.op.k_dim * VECTORS * MAX_LANES + Factors::LEN * t
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let [state, y] = outputs else {
            panic!("gated_delta_net has two outputs, got {}", outputs.len());
        };
        let (cols, v_dim) = (y.cols(), self.op.v_dim);
        assert!(
            cols.start.is_multiple_of(v_dim) && cols.end.is_multiple_of(v_dim),
            "gated_delta_net: a tile is whole heads, got columns {cols:?}"
        );
        assert_eq!(
            state.cols(),
            cols,
            "gated_delta_net: both outputs are cut alike"
        );
        let (block, rest) = scratch.split_at_mut(self.op.k_dim * VECTORS * MAX_LANES);
        self.isa.run(Call {
            op: &self.op,
            n_sequences: inputs[0].rows() / self.op.k_dim,
            qkv: inputs[1].f32(),
            alpha: inputs[2].f32(),
            beta: inputs[3].f32(),
            dt_bias: inputs[4].f32(),
            a: inputs[5].f32(),
            positions: inputs[6].i32(),
            sequences: inputs[7].i32(),
            state: state.f32(),
            y: y.f32(),
            block,
            factors: &mut rest[..Factors::LEN * inputs[1].rows()],
        });
    }
}

struct Call<'c, 'a> {
    op: &'c GatedDeltaNet,
    n_sequences: usize,
    qkv: &'c [f32],     // [t, 2 * n_k_heads * k_dim + n_v_heads * v_dim]
    alpha: &'c [f32],   // [t, n_v_heads]
    beta: &'c [f32],    // [t, n_v_heads]
    dt_bias: &'c [f32], // [n_v_heads]
    a: &'c [f32],       // [n_v_heads]
    positions: &'c [i32],
    sequences: &'c [i32],
    state: &'c mut TileMut<'a, f32>,
    y: &'c mut TileMut<'a, f32>,
    block: &'c mut [f32],   // [k_dim, VECTORS * LANES]
    factors: &'c mut [f32], // [t, Factors::LEN]
}

/// What a token does to one head's matrix, beside its vectors.
#[derive(Clone, Copy)]
struct Factors {
    /// What is left of the matrix.
    decay: f32,
    /// How much of the error is corrected.
    rate: f32,
    /// Makes the key's length 1.
    key: f32,
    /// Makes the query's length `1 / sqrt(k_dim)`.
    query: f32,
}

impl Factors {
    const LEN: usize = 4;

    fn to_array(self) -> [f32; Self::LEN] {
        [self.decay, self.rate, self.key, self.query]
    }

    fn of(factors: &[f32], token: usize) -> Self {
        let at = &factors[token * Self::LEN..][..Self::LEN];
        Factors {
            decay: at[0],
            rate: at[1],
            key: at[2],
            query: at[3],
        }
    }
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (cols, v_dim) = (self.y.cols(), self.op.v_dim);
        for head in cols.start / v_dim..cols.end / v_dim {
            for i in 0..self.sequences.len() {
                let factors = self.factors_of(simd, head, i).to_array();
                self.factors[i * Factors::LEN..][..Factors::LEN].copy_from_slice(&factors);
            }
            for start in (0..v_dim).step_by(VECTORS * S::LANES) {
                let end = (start + VECTORS * S::LANES).min(v_dim);
                self.columns(simd, head, head * v_dim + start..head * v_dim + end);
            }
        }
    }
}

impl<'c> Call<'c, '_> {
    /// Query and key of a token for a value head.
    fn query_and_key(&self, head: usize, i: usize) -> [&'c [f32]; 2] {
        let keys = self.op.n_k_heads * self.op.k_dim;
        let row = i * (2 * keys + self.op.n_v_heads * self.op.v_dim);
        let k_head = head % self.op.n_k_heads * self.op.k_dim;
        let qkv = self.qkv;
        [row + k_head, row + keys + k_head].map(|at| &qkv[at..at + self.op.k_dim])
    }

    /// Some of the value columns of a token, counted over all heads.
    fn values(&self, i: usize, cols: &Range<usize>) -> &'c [f32] {
        let keys = self.op.n_k_heads * self.op.k_dim;
        let row = i * (2 * keys + self.op.n_v_heads * self.op.v_dim) + 2 * keys;
        &self.qkv[row + cols.start..row + cols.end]
    }

    #[inline(always)]
    fn factors_of<S: Simd>(&self, simd: S, head: usize, i: usize) -> Factors {
        let [q, k] = self.query_and_key(head, i);
        let gate = i * self.op.n_v_heads + head;
        let step = softplus(self.alpha[gate] + self.dt_bias[head]);
        let query = (sum_of_squares(simd, q) + self.op.eps).sqrt() * (self.op.k_dim as f32).sqrt();
        Factors {
            // In f64, since every later token feels its error.
            decay: (f64::from(self.a[head]) * step).exp() as f32,
            rate: 1.0 / (1.0 + (-self.beta[gate]).exp()),
            key: 1.0 / (sum_of_squares(simd, k) + self.op.eps).sqrt(),
            query: 1.0 / query,
        }
    }

    /// All tokens, for the columns `cols` of the output, which lie in `head` and fill a block at most.
    #[inline(always)]
    fn columns<S: Simd>(&mut self, simd: S, head: usize, cols: Range<usize>) {
        let width = VECTORS * S::LANES;
        // The tile's columns count from its own first.
        let first = self.y.cols().start;
        let tile_cols = cols.start - first..cols.end - first;
        let mut start = 0;
        for run in self.sequences.chunk_by(|a, b| a == b) {
            let tokens = start..start + run.len();
            start = tokens.end;
            let sequence = recurrent::sequence("gated_delta_net", run[0], self.n_sequences);
            for (d, row) in self
                .block
                .chunks_exact_mut(width)
                .enumerate()
                .take(self.op.k_dim)
            {
                let (row, rest) = row.split_at_mut(cols.len());
                let state = self.state.row(sequence * self.op.k_dim + d);
                row.copy_from_slice(&state[tile_cols.clone()]);
                rest.fill(0.0);
            }
            for i in tokens {
                if self.positions[i] == 0 {
                    self.block[..self.op.k_dim * width].fill(0.0);
                }
                let token = Token {
                    vectors: self.query_and_key(head, i),
                    v: self.values(i, &cols),
                    factors: Factors::of(self.factors, i),
                };
                let y = &mut self.y.row(i)[tile_cols.clone()];
                token.run(simd, &mut self.block[..self.op.k_dim * width], y);
            }
            for (d, row) in self
                .block
                .chunks_exact(width)
                .enumerate()
                .take(self.op.k_dim)
            {
                let state = self.state.row(sequence * self.op.k_dim + d);
                state[tile_cols.clone()].copy_from_slice(&row[..cols.len()]);
            }
        }
    }
}

/// One token, for a block of columns.
struct Token<'c> {
    /// Query and key, of any length.
    vectors: [&'c [f32]; 2],
    v: &'c [f32],
    factors: Factors,
}

impl Token<'_> {
    /// Bring `block` `[k_dim, VECTORS * LANES]` up to date and read the output from it.
    ///
    /// The matrix is read once to see what it predicts, before it decays, and once to change it; the factors of keys,
    /// queries and of the decay are taken out of the sums.
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, block: &mut [f32], y: &mut [f32]) {
        let Factors {
            decay,
            rate,
            key,
            query,
        } = self.factors;
        let ([q, k], width) = (self.vectors, VECTORS * S::LANES);
        let mut predicted = [simd.splat(0.0); VECTORS];
        for (row, &k) in block.chunks_exact(width).zip(k) {
            let k = simd.splat(k);
            for (sum, s) in predicted.iter_mut().zip(row.chunks_exact(S::LANES)) {
                *sum = simd.mul_add(k, simd.load(s), *sum);
            }
        }
        // Vectors without a value correct nothing, so that their columns stay 0.
        let mut correction = [simd.splat(0.0); VECTORS];
        let values = predicted.into_iter().zip(self.v.chunks(S::LANES));
        for (correction, (predicted, v)) in correction.iter_mut().zip(values) {
            let predicted = simd.mul(predicted, simd.splat(decay * key));
            let error = simd.sub(simd.load_partial(v), predicted);
            *correction = simd.mul(error, simd.splat(rate * key));
        }
        let (mut read, decay) = ([simd.splat(0.0); VECTORS], simd.splat(decay));
        for (row, (&k, &q)) in block.chunks_exact_mut(width).zip(k.iter().zip(q)) {
            let (k, q) = (simd.splat(k), simd.splat(q));
            let columns = row.chunks_exact_mut(S::LANES).zip(correction);
            for ((s, correction), read) in columns.zip(&mut read) {
                let new = simd.mul_add(k, correction, simd.mul(simd.load(s), decay));
                simd.store(new, s);
                *read = simd.mul_add(q, new, *read);
            }
        }
        for (y, read) in y.chunks_mut(S::LANES).zip(read) {
            simd.store_partial(simd.mul(read, simd.splat(query)), y);
        }
    }
}

/// `ln(1 + e^x)`, which is `x` to f32 above 20.
fn softplus(x: f32) -> f64 {
    let x = f64::from(x);
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

#[inline(always)]
fn sum_of_squares<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let mut sum = simd.splat(0.0);
    let mut vectors = x.chunks_exact(S::LANES);
    for x in &mut vectors {
        let x = simd.load(x);
        sum = simd.mul_add(x, x, sum);
    }
    let tail = simd.load_partial(vectors.remainder());
    simd.sum(simd.mul_add(tail, tail, sum))
}
