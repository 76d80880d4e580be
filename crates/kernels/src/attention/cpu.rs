//! CPU attention: blocks of queries against tiles of keys and values, so that what a tile holds is read from memory
//! once per block and scratch memory does not grow with the context.
//!
//! Scores of a block are computed in one of two ways, which a token's run (neighbouring tokens of one sequence)
//! decides, not the tile, so that results do not depend on the number of threads: [`super::by_lane`] has a query in
//! each lane (prefill), [`super::by_dot`] is one dot product per score (decode).

use std::ops::Range;

use hearth_simd::{Isa, Kernel, Simd};

use super::cells::Cells;
use super::queries::Queries;
use super::values::{self, Weights};
use super::{Attention, by_dot, by_lane};
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::kv_write::CacheShape;
use crate::tile::{OutTile, TileMut};

/// Queries of a block.
pub(super) const BLOCK: usize = 64;

/// Positions of a tile of keys or values.
pub(super) const KEYS: usize = 64;

/// Queries of a run, all heads of a group counted, from which on lanes are well enough filled with queries.
const LANE_QUERIES: usize = 16;

#[derive(Debug)]
pub(super) struct AttentionKernel {
    pub(super) isa: Isa,
    pub(super) op: Attention,
}

impl CpuKernel for AttentionKernel {
    fn partition(&self, _out_dims: &[usize], threads: usize) -> Partition {
        let group_cols = self.op.group() * self.op.head_dim;
        if self.op.n_kv_heads.is_multiple_of(threads.max(1)) {
            Partition::Cols(group_cols)
        } else {
            Partition::Cols(self.op.head_dim)
        }
    }

    fn scratch_floats(&self, _inputs: &[&[usize]]) -> usize {
        Scratch::floats(self.op.head_dim)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let (out, head_dim) = (outputs[0].f32(), self.op.head_dim);
        let cols = out.cols();
        assert!(
            cols.start.is_multiple_of(head_dim) && cols.end.is_multiple_of(head_dim),
            "attention: a tile is whole heads, got columns {cols:?}"
        );
        self.isa.run(Call {
            op: &self.op,
            q: inputs[0].f32(),
            shape: CacheShape::of_operand(inputs[1].dims),
            k: Cells::of(inputs[1].data),
            v: Cells::of(inputs[2].data),
            positions: inputs[3].i32(),
            sequences: inputs[4].i32(),
            sinks: self.op.sinks.then(|| inputs[5].f32()),
            out,
            scratch: Scratch::new(scratch, head_dim),
        });
    }
}

/// Memory for one block.
pub(super) struct Scratch<'a> {
    /// Queries, scaled, one in each column: `[head_dim, BLOCK]`.
    pub(super) queries: &'a mut [f32],
    /// Keys or values as f32: `[KEYS, head_dim]`.
    pub(super) cells: &'a mut [f32],
    /// Scores, then weights: `[KEYS, BLOCK]` or `[BLOCK, KEYS]`.
    pub(super) scores: &'a mut [f32],
    /// Largest score of each query so far.
    pub(super) max: &'a mut [f32],
    /// Sum of the weights of each query so far, relative to its largest score.
    pub(super) sum: &'a mut [f32],
    /// What the sums of each query so far shrink by when the largest score grows.
    pub(super) shrink: &'a mut [f32],
}

impl<'a> Scratch<'a> {
    fn floats(head_dim: usize) -> usize {
        head_dim * (BLOCK + KEYS) + KEYS * BLOCK + 3 * BLOCK
    }

    fn new(memory: &'a mut [f32], head_dim: usize) -> Self {
        let (queries, rest) = memory.split_at_mut(head_dim * BLOCK);
        let (cells, rest) = rest.split_at_mut(head_dim * KEYS);
        let (scores, rest) = rest.split_at_mut(KEYS * BLOCK);
        let (max, rest) = rest.split_at_mut(BLOCK);
        let (sum, rest) = rest.split_at_mut(BLOCK);
        Scratch {
            queries,
            cells,
            scores,
            max,
            sum,
            shrink: &mut rest[..BLOCK],
        }
    }
}

struct Call<'c, 'a> {
    op: &'c Attention,
    q: &'c [f32],
    shape: CacheShape,
    k: Cells<'c>,
    v: Cells<'c>,
    positions: &'c [i32],
    sequences: &'c [i32],
    sinks: Option<&'c [f32]>,
    out: &'c mut TileMut<'a, f32>,
    scratch: Scratch<'c>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (group, cols) = (self.op.group(), self.out.cols());
        let heads = cols.start / self.op.head_dim..cols.end / self.op.head_dim;
        for (&sequence, &position) in self.sequences.iter().zip(self.positions) {
            self.shape.cell("attention", sequence, position);
        }
        let mut start = 0;
        for run in self.sequences.chunk_by(|a, b| a == b) {
            let tokens = start..start + run.len();
            start = tokens.end;
            let run = Run {
                sequence: run[0] as usize,
                text_end: self.text_end(run[0]),
                by_lane: run.len() * group >= LANE_QUERIES,
                tokens: intersect(&tokens, &self.out.rows()),
            };
            for kv_head in heads.start / group..heads.end.div_ceil(group) {
                let heads = intersect(&(kv_head * group..(kv_head + 1) * group), &heads);
                self.group_run(simd, &run, kv_head, &heads);
            }
        }
    }
}

/// Neighbouring tokens of one sequence.
struct Run {
    sequence: usize,
    /// One past the sequence's largest position in this step, where queries look ahead.
    text_end: usize,
    /// Which of the two ways computes the scores.
    by_lane: bool,
    /// The tokens that the tile has.
    tokens: Range<usize>,
}

impl Call<'_, '_> {
    /// One past the largest position of `sequence` in this step; 0 if no query looks ahead.
    fn text_end(&self, sequence: i32) -> usize {
        if !self.op.mask.looks_ahead() {
            return 0;
        }
        let tokens = self.sequences.iter().zip(self.positions);
        let positions = tokens.filter(|(s, _)| **s == sequence).map(|(_, p)| *p);
        positions.max().map_or(0, |last| last as usize + 1)
    }

    /// All queries of a run and of `heads`, which share the cells of `kv_head`.
    #[inline(always)]
    fn group_run<S: Simd>(&mut self, simd: S, run: &Run, kv_head: usize, heads: &Range<usize>) {
        let (tokens, head_dim) = (&run.tokens, self.op.head_dim);
        let cell = self.shape.row(kv_head, run.sequence, 0) * head_dim;
        let cells = cell..cell + self.shape.n_ctx * head_dim;
        let (k, v) = (self.k.slice(cells.clone()), self.v.slice(cells));
        let n_queries = tokens.len() * heads.len();
        for first in (0..n_queries).step_by(BLOCK) {
            let queries = Queries {
                q: self.q,
                stride: self.op.n_heads * head_dim,
                head_dim,
                positions: self.positions,
                mask: self.op.mask,
                text_end: run.text_end,
                token: tokens.start,
                heads: heads.clone(),
                first,
                len: BLOCK.min(n_queries - first),
            };
            self.block(simd, &queries, [k, v], run.by_lane);
        }
    }

    /// A block of queries against all keys that any of them sees.
    #[inline(always)]
    fn block<S: Simd>(
        &mut self,
        simd: S,
        queries: &Queries<'_>,
        [k, v]: [Cells<'_>; 2],
        by_lane: bool,
    ) {
        let (op, head_dim) = (self.op, self.op.head_dim);
        let scratch = &mut self.scratch;
        scratch.max.fill(f32::MIN);
        scratch.sum.fill(0.0);
        for i in 0..queries.len {
            queries.out(self.out, i).fill(0.0);
        }
        if by_lane {
            by_lane::transpose(queries, op.scale, scratch.queries);
        }
        // Tiles start at multiples of their size, so that results do not depend on which queries share a block.
        let Range { start, end } = queries.sees_of_all();
        for start in (start / KEYS * KEYS..end).step_by(KEYS) {
            let n = KEYS.min(end - start);
            let tile = start * head_dim..(start + n) * head_dim;
            let keys = k.tile(simd, tile.clone(), scratch.cells);
            if by_lane {
                by_lane::scores(simd, scratch.queries, keys, queries.len, scratch.scores);
                if let Some(cap) = op.softcap {
                    by_lane::cap(simd, cap, queries.len, &mut scratch.scores[..n * BLOCK]);
                }
                by_lane::mask(queries, start..start + n, scratch.scores);
                by_lane::softmax(simd, queries.len, n, scratch);
            } else {
                by_dot::scores(simd, queries, op, keys, start, scratch.scores);
                by_dot::softmax(simd, queries, start, n, scratch);
            }
            let weights = Weights {
                values: v.tile(simd, tile, scratch.cells),
                weights: scratch.scores,
                strides: if by_lane { [1, BLOCK] } else { [KEYS, 1] },
                shrink: scratch.shrink,
            };
            add_values(simd, queries, &weights, (start, by_lane), self.out);
        }
        for i in 0..queries.len {
            // A sink weighs like a key without a value. Where it is far above all scores, the exponential is infinite
            // and the output 0.
            let (_, head) = queries.place(i);
            let sink = self.sinks.map_or(0.0, |s| (s[head] - scratch.max[i]).exp());
            let scale = 1.0 / (scratch.sum[i] + sink);
            for y in queries.out(self.out, i) {
                *y *= scale;
            }
        }
    }
}

/// Add a tile's values from position `start` on to the outputs of all queries, two at a time where both see as much.
#[inline(always)]
fn add_values<S: Simd>(
    simd: S,
    queries: &Queries<'_>,
    from: &Weights<'_>,
    (start, by_lane): (usize, bool),
    out: &mut TileMut<'_, f32>,
) {
    let n = from.values.len() / queries.head_dim;
    let mut i = 0;
    while i < queries.len {
        // A query in a lane has weights of 0 for what it does not see.
        let seen = if by_lane {
            0..n
        } else {
            queries.seen(i, start, n)
        };
        let paired = i + 1 < queries.len && (by_lane || queries.seen(i + 1, start, n) == seen);
        if paired {
            values::add::<S, 2>(simd, from, seen, out, (queries, i));
            i += 2;
        } else {
            values::add::<S, 1>(simd, from, seen, out, (queries, i));
            i += 1;
        }
    }
}

fn intersect(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
