//! A block of queries that share keys and values: heads of one group, tokens of one sequence.

use std::ops::Range;

use super::Mask;
use crate::tile::TileMut;

/// Queries `first..first + len` of the heads `heads` of the tokens from `token` on, counted head by head.
#[derive(Clone, Debug)]
pub(super) struct Queries<'a> {
    /// All queries of the step, `[t, n_heads * head_dim]`.
    pub(super) q: &'a [f32],
    /// Elements of a row of `q`.
    pub(super) stride: usize,
    /// Elements of a head.
    pub(super) head_dim: usize,
    /// Positions of all tokens of the step; checked against the cache.
    pub(super) positions: &'a [i32],
    /// What a query sees of its sequence.
    pub(super) mask: Mask,
    /// One past the sequence's largest position in this step.
    pub(super) text_end: usize,
    /// The token of query 0.
    pub(super) token: usize,
    /// Heads of the group that the tile has.
    pub(super) heads: Range<usize>,
    /// Number of the block's first query.
    pub(super) first: usize,
    /// Queries in the block.
    pub(super) len: usize,
}

impl<'a> Queries<'a> {
    /// Token and head of the block's query `i`.
    pub(super) fn place(&self, i: usize) -> (usize, usize) {
        let n = self.first + i;
        let (token, head) = (n / self.heads.len(), n % self.heads.len());
        (self.token + token, self.heads.start + head)
    }

    /// The elements of query `i`.
    pub(super) fn row(&self, i: usize) -> &'a [f32] {
        let (token, head) = self.place(i);
        &self.q[token * self.stride + head * self.head_dim..][..self.head_dim]
    }

    /// The positions that query `i` sees.
    pub(super) fn sees(&self, i: usize) -> Range<usize> {
        let (token, _) = self.place(i);
        let position = usize::try_from(self.positions[token])
            .expect("positions were checked against the cache");
        self.mask.sees(position, self.text_end)
    }

    /// The positions from the first to the last one that any query of the block sees.
    pub(super) fn sees_of_all(&self) -> Range<usize> {
        let first = (0..self.len).map(|i| self.sees(i).start).min();
        let end = (0..self.len).map(|i| self.sees(i).end).max();
        first.unwrap_or(0)..end.unwrap_or(0)
    }

    /// Which of the `n` positions from `start` on query `i` sees, counted from `start`.
    pub(super) fn seen(&self, i: usize, start: usize, n: usize) -> Range<usize> {
        let sees = self.sees(i);
        let [from, end] = [sees.start, sees.end].map(|p| p.saturating_sub(start).min(n));
        from..end
    }

    /// The output of query `i`.
    pub(super) fn out<'t>(&self, tile: &'t mut TileMut<'_, f32>, i: usize) -> &'t mut [f32] {
        let (token, head) = self.place(i);
        let start = head * self.head_dim - tile.cols().start;
        &mut tile.row(token)[start..start + self.head_dim]
    }
}

/// What queries, and what their products with keys in `unit` ([`Stored::unit`](super::cells::Stored::unit)), are to be
/// multiplied by, together `scale * unit`: the former so that small products do not lose bits, the latter so that large
/// queries do not become infinite.
pub(super) fn factors(scale: f32, unit: f32) -> [f32; 2] {
    const LARGEST: f32 = (1u128 << 96) as f32;
    let factor = unit.min(LARGEST);
    [scale * factor, unit / factor]
}
