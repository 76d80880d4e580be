//! Memory planning: one arena for all intermediate values, whose lifetimes share it.
//!
//! Sizes are those of the largest step (the symbols' upper bounds), so a plan is made once and holds for every step.
//! Values are placed largest first, each at the lowest offset where no value that lives at the same time lies.

use std::ops::Range;

use hearth_kernels::{Elem, ValueType};
use hearth_tensor::Bindings;

use crate::ir::{Graph, Source, ValueId};

/// Offsets are multiples of this: a cache line, and what WebGPU asks of buffer offsets.
pub const ALIGN_BYTES: usize = 256;

/// Where each intermediate value lies in the arena.
#[derive(Clone, Debug)]
pub struct MemoryPlan {
    offsets: Vec<Option<usize>>,
    /// Size of the arena.
    pub arena_bytes: usize,
}

impl MemoryPlan {
    /// Plan for steps of at most these dimensions.
    pub fn new(graph: &Graph, bounds: &Bindings) -> Self {
        let mut wanted: Vec<Lifetime> = lifetimes(graph, bounds);
        wanted.sort_by_key(|l| (std::cmp::Reverse(l.bytes), l.value));
        let mut plan = MemoryPlan {
            offsets: vec![None; graph.values.len()],
            arena_bytes: 0,
        };
        let mut placed: Vec<(Lifetime, usize)> = Vec::with_capacity(wanted.len());
        for life in wanted {
            let offset = lowest_gap(&life, &placed);
            plan.offsets[life.value.index()] = Some(offset);
            plan.arena_bytes = plan.arena_bytes.max(offset + life.bytes);
            placed.push((life, offset));
        }
        plan
    }

    /// The offset of a value in the arena; `None` for inputs, weights and states.
    pub fn offset(&self, value: ValueId) -> Option<usize> {
        self.offsets[value.index()]
    }
}

/// Which buffer each intermediate value lies in, where values that live at the same time must not share one: WebGPU refuses a
/// buffer that a dispatch both reads and writes.
#[derive(Clone, Debug)]
pub struct SlotPlan {
    slots: Vec<Option<usize>>,
    /// Size of each buffer.
    pub bytes: Vec<usize>,
}

impl SlotPlan {
    /// Plan for steps of at most these dimensions: largest values first, each in the first buffer that is free while it
    /// lives.
    pub fn new(graph: &Graph, bounds: &Bindings) -> Self {
        let mut wanted = lifetimes(graph, bounds);
        wanted.sort_by_key(|l| (std::cmp::Reverse(l.bytes), l.value));
        let mut plan = SlotPlan {
            slots: vec![None; graph.values.len()],
            bytes: Vec::new(),
        };
        let mut busy: Vec<Vec<Range<usize>>> = Vec::new();
        for life in wanted {
            let overlaps =
                |other: &Range<usize>| other.start < life.nodes.end && life.nodes.start < other.end;
            let free = busy.iter().position(|times| !times.iter().any(overlaps));
            let slot = free.unwrap_or_else(|| {
                busy.push(Vec::new());
                plan.bytes.push(life.bytes);
                busy.len() - 1
            });
            busy[slot].push(life.nodes);
            plan.slots[life.value.index()] = Some(slot);
        }
        plan
    }

    /// The buffer of a value; `None` for inputs, weights and states.
    pub fn slot(&self, value: ValueId) -> Option<usize> {
        self.slots[value.index()]
    }
}

/// Bytes that a value takes in a step with these bindings; 0 for weights, whose layout decides. `usize::MAX` if they
/// cannot be counted.
pub fn value_bytes(ty: &ValueType, bindings: &Bindings) -> usize {
    let dims = ty.dims.iter().map(|d| d.resolve(bindings));
    let elems = dims.fold(1, usize::saturating_mul);
    match ty.elem {
        Elem::F32 | Elem::I32 => elems.saturating_mul(4),
        Elem::Q8(blocks) => {
            let cols = ty.cols().expect("the width of quantised rows is known");
            (elems / cols.max(1)).saturating_mul(blocks.row_bytes(cols))
        }
        Elem::State(dtype) => dtype.bytes_for(elems).unwrap_or(usize::MAX),
        Elem::Weight(_) => 0,
    }
}

#[derive(Clone, Debug)]
struct Lifetime {
    value: ValueId,
    bytes: usize,
    /// First and one past the last node during which the value lives.
    nodes: Range<usize>,
}

fn lifetimes(graph: &Graph, bounds: &Bindings) -> Vec<Lifetime> {
    let mut last_use = vec![0; graph.values.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        for id in node.inputs.iter().chain(&node.outputs) {
            last_use[id.index()] = index;
        }
    }
    for (_, id) in &graph.outputs {
        last_use[id.index()] = graph.nodes.len();
    }
    let intermediate = |id: &ValueId| {
        let value = graph.value(*id);
        let Source::Node(producer, _) = value.source else {
            return None;
        };
        if matches!(value.ty.elem, Elem::State(_)) {
            return None;
        }
        Some(Lifetime {
            value: *id,
            bytes: value_bytes(&value.ty, bounds).next_multiple_of(ALIGN_BYTES),
            nodes: producer.index()..last_use[id.index()] + 1,
        })
    };
    let produced = graph.nodes.iter().flat_map(|n| &n.outputs);
    produced.filter_map(intermediate).collect()
}

fn lowest_gap(life: &Lifetime, placed: &[(Lifetime, usize)]) -> usize {
    let mut busy: Vec<Range<usize>> = placed
        .iter()
        .filter(|(other, _)| {
            other.nodes.start < life.nodes.end && life.nodes.start < other.nodes.end
        })
        .map(|(other, offset)| *offset..offset + other.bytes)
        .collect();
    busy.sort_by_key(|r| r.start);
    let mut offset = 0;
    for range in busy {
        if offset + life.bytes <= range.start {
            break;
        }
        offset = offset.max(range.end);
    }
    offset
}
