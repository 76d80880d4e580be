//! How a state lies in memory, so that a sequence's part of it can be copied, saved and restored.

use std::ops::Range;

use crate::contract::ValueType;
use crate::kv_write::CacheShape;
use crate::recurrent::state_dims;

/// The two kinds of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateLayout {
    /// A row for each position: `[n_kv_heads, n_sequences, n_ctx, head_dim]`. A sequence is shortened by forgetting
    /// how long it was.
    Cache(CacheShape),
    /// All that a sequence's past comes down to: `[n_sequences, rows, cols]`. It cannot be shortened.
    Recurrent {
        /// Sequences that there is room for.
        n_sequences: usize,
        /// Elements of a sequence.
        elems: usize,
    },
}

impl StateLayout {
    /// The layout of a state; `None` for other values.
    pub fn of(value: &ValueType) -> Option<Self> {
        if let Some(shape) = CacheShape::of(value) {
            return Some(StateLayout::Cache(shape));
        }
        let [n_sequences, rows, cols] = state_dims(value)?;
        Some(StateLayout::Recurrent {
            n_sequences,
            elems: rows * cols,
        })
    }

    /// True if a sequence's part depends on all of its tokens.
    pub fn is_recurrent(&self) -> bool {
        matches!(self, StateLayout::Recurrent { .. })
    }

    /// The elements of a sequence's first `len` positions, in order.
    pub fn sequence(
        &self,
        sequence: usize,
        len: usize,
    ) -> impl Iterator<Item = Range<usize>> + use<> {
        let (runs, stride, first, elems) = match *self {
            StateLayout::Cache(shape) => (
                shape.n_kv_heads,
                shape.rows_per_head() * shape.head_dim,
                shape.row(0, sequence, 0) * shape.head_dim,
                len.min(shape.n_ctx) * shape.head_dim,
            ),
            StateLayout::Recurrent { elems, .. } => (1, 0, sequence * elems, elems),
        };
        (0..runs).map(move |run| {
            let start = first + run * stride;
            start..start + elems
        })
    }

    /// Elements of a sequence's first `len` positions.
    pub fn elems(&self, len: usize) -> usize {
        match *self {
            StateLayout::Cache(shape) => shape.n_kv_heads * len.min(shape.n_ctx) * shape.head_dim,
            StateLayout::Recurrent { elems, .. } => elems,
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_tensor::{DType, Dim};

    use super::*;
    use crate::contract::Elem;

    fn state(dims: &[usize]) -> StateLayout {
        let dims = dims.iter().map(|&d| Dim::Fixed(d));
        let value = ValueType::new(Elem::State(DType::F32), dims);
        StateLayout::of(&value).expect("it is a state")
    }

    #[test]
    fn sequences_of_a_cache_are_runs_of_each_head() {
        let cache = state(&[2, 3, 4, 5]);
        let runs: Vec<_> = cache.sequence(1, 2).collect();
        assert_eq!(runs, [20..30, 80..90]);
        assert_eq!(cache.elems(2), 20);
        assert!(!cache.is_recurrent());
    }

    #[test]
    fn recurrent_states_are_whole() {
        let state = state(&[3, 2, 5]);
        assert_eq!(state.sequence(2, 7).next(), Some(20..30));
        assert_eq!(state.sequence(2, 7).count(), 1);
        assert_eq!(state.elems(0), 10);
        assert!(state.is_recurrent());
    }

    #[test]
    fn other_values_are_no_states() {
        assert_eq!(
            StateLayout::of(&ValueType::f32_rows(Dim::Fixed(2), 3)),
            None
        );
    }
}
