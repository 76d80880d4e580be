//! Copies of one sequence's part of every state, out of an executor and back.

use std::ops::Range;

use hearth_cpu::{CpuExecutor, StateMut};
use hearth_kernels::Elem;
use hearth_kernels::state::StateLayout;
use hearth_tensor::DType;

/// Layout and type of a state.
fn layout(state: &StateMut<'_>) -> (StateLayout, DType) {
    let layout = StateLayout::of(state.ty).expect("states are caches or recurrent");
    let Elem::State(dtype) = state.ty.elem else {
        unreachable!("StateLayout is for states");
    };
    (layout, dtype)
}

/// Where elements lie, which are whole cells, and so whole blocks.
fn bytes(dtype: DType, elems: Range<usize>) -> Range<usize> {
    let [start, end] = [elems.start, elems.end].map(|n| {
        let bytes = dtype.bytes_for(n);
        bytes.expect("cells are whole blocks, and states are in memory")
    });
    start..end
}

/// The bytes of a sequence's first `len` tokens, state by state.
pub(crate) fn save(
    cpu: &mut CpuExecutor,
    sequence: usize,
    len: usize,
    recurrent_only: bool,
) -> Vec<u8> {
    let mut saved = Vec::new();
    for state in cpu.states_mut() {
        let (layout, dtype) = layout(&state);
        if layout.is_recurrent() || !recurrent_only {
            for run in layout.sequence(sequence, len) {
                saved.extend_from_slice(&state.bytes[bytes(dtype, run)]);
            }
        }
    }
    saved
}

/// Put back what [`save`] gave.
pub(crate) fn restore(
    cpu: &mut CpuExecutor,
    sequence: usize,
    len: usize,
    recurrent_only: bool,
    mut saved: &[u8],
) {
    for state in cpu.states_mut() {
        let (layout, dtype) = layout(&state);
        if layout.is_recurrent() || !recurrent_only {
            for run in layout.sequence(sequence, len) {
                let run = bytes(dtype, run);
                let (now, rest) = saved.split_at(run.len());
                state.bytes[run].copy_from_slice(now);
                saved = rest;
            }
        }
    }
    assert!(saved.is_empty(), "just what was saved is restored");
}

/// Bytes that [`save`] gives for all states.
pub(crate) fn saved_bytes(cpu: &mut CpuExecutor, len: usize) -> usize {
    cpu.states_mut()
        .map(|state| {
            let (layout, dtype) = layout(&state);
            bytes(dtype, 0..layout.elems(len)).end
        })
        .sum()
}
