//! Copies of one sequence's part of every state, out of an executor and back.

use hearth_cpu::{CpuExecutor, StateMut};
use hearth_kernels::Elem;
use hearth_kernels::state::StateLayout;

/// Layout of a state, and bytes of an element.
fn layout(state: &StateMut<'_>) -> (StateLayout, usize) {
    let layout = StateLayout::of(state.ty).expect("states are caches or recurrent");
    let Elem::State(dtype) = state.ty.elem else {
        unreachable!("StateLayout is for states");
    };
    (
        layout,
        dtype.bytes_for(1).expect("states have plain elements"),
    )
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
        let (layout, size) = layout(&state);
        if layout.is_recurrent() || !recurrent_only {
            for run in layout.sequence(sequence, len) {
                saved.extend_from_slice(&state.bytes[run.start * size..run.end * size]);
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
        let (layout, size) = layout(&state);
        if layout.is_recurrent() || !recurrent_only {
            for run in layout.sequence(sequence, len) {
                let (now, rest) = saved.split_at(run.len() * size);
                state.bytes[run.start * size..run.end * size].copy_from_slice(now);
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
            let (layout, size) = layout(&state);
            layout.elems(len) * size
        })
        .sum()
}
