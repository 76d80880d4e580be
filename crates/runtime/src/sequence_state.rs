//! Copies of one sequence's part of every state, out of an executor and back.

use std::ops::Range;

use hearth_cpu::CpuExecutor;
use hearth_graph::ValueId;
use hearth_kernels::state::StateLayout;
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::DType;
use hearth_webgpu::GpuExecutor;

/// Layout and type of a state.
fn layout(ty: &ValueType) -> (StateLayout, DType) {
    let layout = StateLayout::of(ty).expect("states are caches or recurrent");
    let Elem::State(dtype) = ty.elem else {
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

/// Where in a state a sequence's first `len` tokens lie, in bytes; nowhere, if only recurrent states are wanted and it is none.
fn ranges(
    ty: &ValueType,
    sequence: usize,
    len: usize,
    recurrent_only: bool,
) -> impl Iterator<Item = Range<usize>> + use<> {
    let (layout, dtype) = layout(ty);
    let is_wanted = layout.is_recurrent() || !recurrent_only;
    let runs = is_wanted.then(|| layout.sequence(sequence, len));
    runs.into_iter().flatten().map(move |run| bytes(dtype, run))
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
        for range in ranges(state.ty, sequence, len, recurrent_only) {
            saved.extend_from_slice(&state.bytes[range]);
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
        for range in ranges(state.ty, sequence, len, recurrent_only) {
            let (now, rest) = saved.split_at(range.len());
            state.bytes[range].copy_from_slice(now);
            saved = rest;
        }
    }
    assert!(saved.is_empty(), "just what was saved is restored");
}

/// Where [`save`]'s bytes lie on a GPU, state by state.
pub(crate) fn gpu_ranges(
    gpu: &GpuExecutor,
    sequence: usize,
    len: usize,
    recurrent_only: bool,
) -> impl Iterator<Item = (ValueId, Range<usize>)> {
    gpu.states().flat_map(move |(id, ty)| {
        ranges(ty, sequence, len, recurrent_only).map(move |range| (id, range))
    })
}

/// Bytes that a sequence of `len` tokens takes in all of these states.
pub(crate) fn saved_bytes<'a>(states: impl Iterator<Item = &'a ValueType>, len: usize) -> usize {
    states
        .map(|ty| {
            let (layout, dtype) = layout(ty);
            bytes(dtype, 0..layout.elems(len)).end
        })
        .sum()
}
