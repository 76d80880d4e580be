//! A block of queries on its way over the tiles of keys and values.

use std::ops::Range;

use super::Attention;
use super::cpu::{KEYS, Scratch};
use super::queries::Queries;
use crate::tile::TileMut;

/// What both ways of computing a block have at hand.
pub(super) struct Block<'c, 'a> {
    pub(super) op: &'c Attention,
    pub(super) queries: &'c Queries<'c>,
    /// One for each head of the operation.
    pub(super) sinks: Option<&'c [f32]>,
    pub(super) out: &'c mut TileMut<'a, f32>,
    pub(super) scratch: Scratch<'c>,
}

impl Block<'_, '_> {
    /// Start with empty sums, and give the tiles of positions that any query sees.
    pub(super) fn begin(&mut self) -> impl Iterator<Item = Range<usize>> + use<> {
        let scratch = &mut self.scratch;
        scratch.max.fill(f32::MIN);
        scratch.sum.fill(0.0);
        scratch.values[..self.queries.len * self.queries.head_dim].fill(0.0);
        // Tiles start at multiples of their size, so that results do not depend on which queries share a block.
        let Range { start, end } = self.queries.sees_of_all();
        let starts = (start / KEYS * KEYS..end).step_by(KEYS);
        starts.map(move |start| start..end.min(start + KEYS))
    }

    /// Divide the sums of the values by those of the weights.
    #[inline(always)]
    pub(super) fn finish(&mut self) {
        let sums = self.scratch.values.chunks_exact(self.queries.head_dim);
        for (i, values) in sums.enumerate().take(self.queries.len) {
            // A sink weighs like a key without a value. Where it is far above all scores, the exponential is infinite
            // and the output 0.
            let (_, head) = self.queries.place(i);
            let max = self.scratch.max[i];
            let sink = self.sinks.map_or(0.0, |s| (s[head] - max).exp());
            let scale = 1.0 / (self.scratch.sum[i] + sink);
            for (y, value) in self.queries.out(self.out, i).iter_mut().zip(values) {
                *y = value * scale;
            }
        }
    }
}
