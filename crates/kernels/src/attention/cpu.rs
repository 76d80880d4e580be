//! CPU attention: blocks of queries against tiles of keys and values, so that what a tile holds is read from memory
//! once per block and scratch memory does not grow with the context.
//!
//! Scores of a block are computed in one of two ways, which the length of a token's run (neighbouring tokens of one
//! sequence) decides, so that results do not depend on the number of threads: [`super::by_lane`] has a query in each
//! lane (prefill), [`super::by_dot`] is one dot product per score (decode). Up to [`DECODE_TOKENS`] tokens of a
//! sequence get the same bits in one step as one by one, so that tokens may be tried several at a time.

use std::ops::Range;

use hearth_simd::Isa;

use super::block::Block;
use super::by_dot::ByDot;
use super::by_lane::ByLane;
use super::cells::Cells;
use super::queries::Queries;
use super::{Attention, DECODE_TOKENS};
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::kv_write::CacheShape;
use crate::tile::{OutTile, TileMut};

/// Queries of a block.
pub(super) const BLOCK: usize = 64;

/// Positions of a tile of keys or values.
pub(super) const KEYS: usize = 64;

/// So many chunks may be fewer than were wanted, rather than that heads of a group are apart.
const GROUPS_IN_ONE: usize = 4;

#[derive(Debug)]
pub(super) struct AttentionKernel {
    pub(super) isa: Isa,
    pub(super) op: Attention,
}

impl CpuKernel for AttentionKernel {
    fn partition(&self, _out_dims: &[usize], chunks: usize) -> Partition {
        // Heads of a group are apart only where that feeds more threads: each reads the same keys and values.
        let group_cols = self.op.group() * self.op.head_dim;
        if self.op.n_kv_heads * GROUPS_IN_ONE >= chunks {
            Partition::Cols(group_cols)
        } else {
            Partition::Cols(self.op.head_dim)
        }
    }

    fn nanos(&self, inputs: &[&[usize]], out_dims: &[usize]) -> usize {
        // How much of the cache is full is not known here: as if it were an eighth.
        let products_per_nano = 8;
        let n_ctx = inputs[1][2];
        out_dims.iter().product::<usize>() * (n_ctx / 8 / products_per_nano).max(1)
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
        let call = Call {
            isa: self.isa,
            op: &self.op,
            q: inputs[0].f32(),
            shape: CacheShape::of_operand(inputs[1].dims),
            k: Cells::of(inputs[1].data, head_dim),
            v: Cells::of(inputs[2].data, head_dim),
            positions: inputs[3].i32(),
            sequences: inputs[4].i32(),
            sinks: self.op.sinks.then(|| inputs[5].f32()),
            out,
            scratch,
        };
        call.run();
    }
}

/// Memory for one block.
pub(super) struct Scratch<'a> {
    /// Queries, scaled, in rows or in lanes.
    pub(super) queries: &'a mut [f32],
    /// Weighted sums of the values so far: `[BLOCK, head_dim]`.
    pub(super) values: &'a mut [f32],
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
        head_dim * (2 * BLOCK + KEYS) + KEYS * BLOCK + 3 * BLOCK
    }

    fn new(memory: &'a mut [f32], head_dim: usize) -> Self {
        let (queries, rest) = memory.split_at_mut(head_dim * BLOCK);
        let (values, rest) = rest.split_at_mut(head_dim * BLOCK);
        let (cells, rest) = rest.split_at_mut(head_dim * KEYS);
        let (scores, rest) = rest.split_at_mut(KEYS * BLOCK);
        let (max, rest) = rest.split_at_mut(BLOCK);
        let (sum, rest) = rest.split_at_mut(BLOCK);
        Scratch {
            queries,
            values,
            cells,
            scores,
            max,
            sum,
            shrink: &mut rest[..BLOCK],
        }
    }
}

struct Call<'c, 'a> {
    isa: Isa,
    op: &'c Attention,
    q: &'c [f32],
    shape: CacheShape,
    k: Cells<'c>,
    v: Cells<'c>,
    positions: &'c [i32],
    sequences: &'c [i32],
    sinks: Option<&'c [f32]>,
    out: &'c mut TileMut<'a, f32>,
    scratch: &'c mut [f32],
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
    fn run(mut self) {
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
                by_lane: run.len() > DECODE_TOKENS,
                tokens: intersect(&tokens, &self.out.rows()),
            };
            for kv_head in heads.start / group..heads.end.div_ceil(group) {
                let heads = intersect(&(kv_head * group..(kv_head + 1) * group), &heads);
                self.group_run(&run, kv_head, &heads);
            }
        }
    }

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
    fn group_run(&mut self, run: &Run, kv_head: usize, heads: &Range<usize>) {
        let (tokens, head_dim) = (&run.tokens, self.op.head_dim);
        let cell = self.shape.row(kv_head, run.sequence, 0);
        let cells = cell..cell + self.shape.n_ctx;
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
            let block = Block {
                op: self.op,
                queries: &queries,
                sinks: self.sinks,
                out: self.out,
                scratch: Scratch::new(self.scratch, head_dim),
            };
            // Each a kernel of its own: together in one they are too much for the optimiser.
            match (k, v) {
                _ if run.by_lane => self.isa.run(ByLane { block, k, v }),
                (Cells::F32(k), Cells::F32(v)) => self.isa.run(ByDot { block, k, v }),
                (Cells::F16(k), Cells::F16(v)) => self.isa.run(ByDot { block, k, v }),
                (Cells::Q8_0(k), Cells::Q8_0(v)) => self.isa.run(ByDot { block, k, v }),
                _ => panic!("the contract promises keys and values of one type"),
            }
        }
    }
}

fn intersect(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
