//! The dimensions of a key or value cache and where its cells lie.

use hearth_tensor::DType;

use crate::contract::{Elem, ValueType};

/// What contracts say when a cache is expected.
pub(crate) const EXPECTED: &str = "state F32, F16 or, with head_dim a multiple of 32, Q8_0 [n_kv_heads, n_sequences, n_ctx, head_dim], all known";

/// Dimensions of a cache, outermost first. A cell is the row of `head_dim` elements of a head, sequence and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheShape {
    /// Heads that have keys and values of their own.
    pub n_kv_heads: usize,
    /// Sequences that the cache has room for.
    pub n_sequences: usize,
    /// Positions of a sequence that the cache has room for.
    pub n_ctx: usize,
    /// Elements of a cell.
    pub head_dim: usize,
}

impl CacheShape {
    /// The shape of `value` if it is a cache.
    pub fn of(value: &ValueType) -> Option<Self> {
        let Elem::State(dtype @ (DType::F32 | DType::F16 | DType::Q8_0)) = value.elem else {
            return None;
        };
        let dims: Vec<usize> = value.dims.iter().filter_map(|dim| dim.fixed()).collect();
        let shape = match (dims[..].try_into(), value.dims.len()) {
            (Ok(dims), 4) => Self::from_dims(dims),
            _ => return None,
        };
        dtype.bytes_for(shape.head_dim).map(|_| shape)
    }

    /// The shape with these dimensions, outermost first.
    pub fn from_dims([n_kv_heads, n_sequences, n_ctx, head_dim]: [usize; 4]) -> Self {
        CacheShape {
            n_kv_heads,
            n_sequences,
            n_ctx,
            head_dim,
        }
    }

    /// The shape of an operand. Panics if it has not four dimensions: the graph's types rule it out.
    pub(crate) fn of_operand(dims: &[usize]) -> Self {
        Self::from_dims(dims.try_into().expect("a cache has four dimensions"))
    }

    /// Rows of one head: positions of all sequences.
    pub fn rows_per_head(&self) -> usize {
        self.n_sequences * self.n_ctx
    }

    /// The row of a cell when the cache is seen as a matrix of `head_dim` columns.
    pub fn row(&self, head: usize, sequence: usize, position: usize) -> usize {
        (head * self.n_sequences + sequence) * self.n_ctx + position
    }

    /// Sequence and position of a token as numbers within the cache. Panics outside of it: the runtime checks before.
    pub(crate) fn cell(&self, op: &str, sequence: i32, position: i32) -> (usize, usize) {
        match (usize::try_from(sequence), usize::try_from(position)) {
            (Ok(s), Ok(p)) if s < self.n_sequences && p < self.n_ctx => (s, p),
            _ => panic!(
                "{op}: position {position} of sequence {sequence}, but the cache holds {} positions of {} sequences",
                self.n_ctx, self.n_sequences
            ),
        }
    }
}
