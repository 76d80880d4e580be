//! A block of queries that share keys and values: heads of one group, tokens of one sequence.

use std::ops::Range;

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

    /// The last position that query `i` sees.
    pub(super) fn last(&self, i: usize) -> usize {
        let (token, _) = self.place(i);
        usize::try_from(self.positions[token]).expect("positions were checked against the cache")
    }

    /// The last position that any query of the block sees.
    pub(super) fn last_of_all(&self) -> usize {
        (0..self.len).map(|i| self.last(i)).max().unwrap_or(0)
    }

    /// How many of the `n` positions from `start` on query `i` sees.
    pub(super) fn seen(&self, i: usize, start: usize, n: usize) -> usize {
        (self.last(i) + 1).saturating_sub(start).min(n)
    }

    /// The output of query `i`.
    pub(super) fn out<'t>(&self, tile: &'t mut TileMut<'_, f32>, i: usize) -> &'t mut [f32] {
        let (token, head) = self.place(i);
        let start = head * self.head_dim - tile.cols().start;
        &mut tile.row(token)[start..start + self.head_dim]
    }
}
