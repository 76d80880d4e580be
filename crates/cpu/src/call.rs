//! Gives one thread what it needs for one kernel call: operands to read and the tiles of the outputs that it owns.
//!
//! The `unsafe` of the executor is here. What makes it sound: the memory plan gives values that live at the same time
//! disjoint ranges of the arena ([`hearth_graph::plan`]); chunks own disjoint tiles ([`split`]); all chunks of a node
//! are done before any of the next begins; a state is written only by the node that the graph's verifier allows.

use std::ops::Range;

use half::f16;
use hearth_kernels::cpu::OperandData;
use hearth_kernels::{CpuWeight, Elem, Operand, OutTile, Partition, TileMut};
use hearth_tensor::DType;

use hearth_graph::{Node, Source, ValueId};

use crate::program::Program;

/// No operation has more inputs or outputs than this.
pub(crate) const MAX_OPERANDS: usize = 8;

/// Everything that the threads of one step share.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) program: &'a Program,
    /// Resolved dimensions of every value.
    pub(crate) dims: &'a Dims,
    /// Weights and constants, by value.
    pub(crate) weights: &'a [Option<CpuWeight>],
    /// The step's inputs, by value.
    pub(crate) inputs: &'a [Vec<i32>],
    /// Start of the arena.
    pub(crate) arena: *mut u8,
    /// Start of each state's memory, by root value.
    pub(crate) states: &'a [*mut u8],
}

// SAFETY: the pointers are only used for the disjoint accesses that the module documents.
unsafe impl Sync for Step<'_> {}

/// Resolved dimensions of all values, back to back.
#[derive(Debug, Default)]
pub(crate) struct Dims {
    flat: Vec<usize>,
    starts: Vec<usize>,
}

impl Dims {
    /// Resolve all dimensions of `program`'s values. Reuses its memory.
    pub(crate) fn resolve(&mut self, program: &Program, bindings: &hearth_graph::Bindings) {
        self.flat.clear();
        self.starts.clear();
        for value in program.graph.values() {
            self.starts.push(self.flat.len());
            self.flat
                .extend(value.ty.dims.iter().map(|d| d.resolve(bindings)));
        }
        self.starts.push(self.flat.len());
    }

    /// Dimensions of a value.
    pub(crate) fn of(&self, id: ValueId) -> &[usize] {
        self.of_index(id.index())
    }

    /// Dimensions of the value at this position.
    pub(crate) fn of_index(&self, index: usize) -> &[usize] {
        &self.flat[self.starts[index]..self.starts[index + 1]]
    }

    /// Into how many chunks a node's call is cut for `threads` threads: several for each, so that who is late gets
    /// fewer, but none so small that taking it costs more than it is worth.
    pub(crate) fn chunks(&self, program: &Program, node: usize, threads: usize) -> usize {
        let (node, kernel) = (&program.graph.nodes()[node], &program.kernels[node]);
        let out_dims = self.of(node.outputs[0]);
        let [rows, cols] = matrix(out_dims);
        if threads == 1 || rows * cols == 0 {
            return 1;
        }
        let mut dims: [&[usize]; MAX_OPERANDS] = [&[]; MAX_OPERANDS];
        for (dims, &id) in dims.iter_mut().zip(&node.inputs) {
            *dims = self.of(id);
        }
        let nanos = kernel.nanos(&dims[..node.inputs.len()], out_dims);
        let wanted = (nanos / CHUNK_NANOS).clamp(1, CHUNKS_PER_THREAD * threads);
        let units = match kernel.partition(out_dims, wanted) {
            Partition::Rows(multiple) => rows.div_ceil(multiple),
            Partition::Cols(multiple) => cols.div_ceil(multiple),
            Partition::Whole => 1,
        };
        wanted.min(units)
    }
}

/// Work that is worth being handed to another thread.
const CHUNK_NANOS: usize = 3_000;
/// Chunks of a large call.
const CHUNKS_PER_THREAD: usize = 4;

/// Rows and columns of a value.
fn matrix(dims: &[usize]) -> [usize; 2] {
    let cols = dims.last().copied().unwrap_or(1);
    [dims[..dims.len().saturating_sub(1)].iter().product(), cols]
}

impl Step<'_> {
    /// Run chunk `index` of the `chunks` of a node.
    pub(crate) fn run_node(
        &self,
        node_index: usize,
        index: usize,
        chunks: usize,
        scratch: &mut [f32],
    ) {
        let node = &self.program.graph.nodes()[node_index];
        let kernel = &self.program.kernels[node_index];
        let partition = kernel.partition(self.dims.of(node.outputs[0]), chunks);

        let mut outputs: [Option<OutTile<'_>>; MAX_OPERANDS] = Default::default();
        for (slot, &id) in outputs.iter_mut().zip(&node.outputs) {
            let Some(tile) = self.tile(id, partition, index, chunks) else {
                return;
            };
            *slot = Some(tile);
        }
        let unused = Operand {
            dims: &[],
            data: OperandData::InPlace,
        };
        let mut operands = [unused; MAX_OPERANDS];
        for (input, (slot, &id)) in operands.iter_mut().zip(&node.inputs).enumerate() {
            *slot = self.operand(node, input, id);
        }
        match &mut outputs {
            [Some(a), None, ..] => {
                kernel.run(
                    &operands[..node.inputs.len()],
                    std::slice::from_mut(a),
                    scratch,
                );
            }
            [Some(_), Some(_), None, ..] => {
                let [a, b, ..] = outputs;
                if let (Some(a), Some(b)) = (a, b) {
                    kernel.run(&operands[..node.inputs.len()], &mut [a, b], scratch);
                }
            }
            _ => panic!("{}: operations have one or two outputs", node.op.name()),
        }
    }

    fn operand(&self, node: &Node, input: usize, id: ValueId) -> Operand<'_> {
        let value = self.program.graph.value(id);
        let dims = self.dims.of(id);
        let elems: usize = dims.iter().product();
        let data = match (&value.source, value.ty.elem) {
            (_, Elem::State(_)) if node.op.states_written().contains(&input) => {
                OperandData::InPlace
            }
            (Source::Weight(_) | Source::Constant(..), _) => OperandData::Weight(
                self.weights[id.index()]
                    .as_ref()
                    .expect("the executor checked that all weights are there"),
            ),
            (Source::Input(_), _) => OperandData::I32(&self.inputs[id.index()]),
            (_, elem) => {
                let base = self.base(id);
                // SAFETY: the value was written by an earlier node, whose chunks are all done, nothing writes it during
                // this node, and the plan, or the state's allocation, holds `elems` of them at an aligned address.
                unsafe {
                    match elem {
                        Elem::F32 | Elem::State(DType::F32) => {
                            OperandData::F32(std::slice::from_raw_parts(base.cast(), elems))
                        }
                        Elem::State(DType::F16) => {
                            OperandData::F16(std::slice::from_raw_parts(base.cast::<f16>(), elems))
                        }
                        Elem::I32 => {
                            OperandData::I32(std::slice::from_raw_parts(base.cast(), elems))
                        }
                        Elem::Q8(blocks) => {
                            let cols = dims.last().copied().unwrap_or(1);
                            let bytes = elems / cols.max(1) * blocks.row_bytes(cols);
                            OperandData::Bytes(std::slice::from_raw_parts(base, bytes))
                        }
                        Elem::State(dtype) => {
                            let bytes = dtype.bytes_for(elems).expect("caches are whole blocks");
                            OperandData::Bytes(std::slice::from_raw_parts(base, bytes))
                        }
                        Elem::Weight(_) => panic!("weights are not computed"),
                    }
                }
            }
        };
        Operand { dims, data }
    }

    /// The tile of a value that chunk `index` of `chunks` owns; `None` if it owns nothing of it.
    fn tile(
        &self,
        id: ValueId,
        partition: Partition,
        index: usize,
        chunks: usize,
    ) -> Option<OutTile<'_>> {
        let [rows, cols] = matrix(self.dims.of(id));
        let (rows, cols_owned) = match partition {
            Partition::Rows(multiple) => (split(rows, multiple, index, chunks), 0..cols),
            Partition::Cols(multiple) => (0..rows, split(cols, multiple, index, chunks)),
            Partition::Whole if index == 0 => (0..rows, 0..cols),
            Partition::Whole => (0..0, 0..0),
        };
        if rows.is_empty() || cols_owned.is_empty() {
            return None;
        }
        let base = self.base(id);
        // SAFETY: the plan, or the state's allocation, holds the whole matrix at an aligned address; no other value
        // that lives now overlaps it, this node's other chunks own other tiles of it, and earlier nodes are done.
        Some(unsafe {
            match self.program.graph.value(id).ty.elem {
                Elem::F32 | Elem::State(DType::F32) => {
                    OutTile::F32(TileMut::from_raw(base.cast(), cols, rows, cols_owned))
                }
                Elem::State(DType::F16) => {
                    OutTile::F16(TileMut::from_raw(base.cast(), cols, rows, cols_owned))
                }
                Elem::I32 => OutTile::I32(TileMut::from_raw(base.cast(), cols, rows, cols_owned)),
                Elem::Q8(blocks) => {
                    assert_eq!(
                        cols_owned,
                        0..cols,
                        "rows of quantised activations are not cut"
                    );
                    let bytes = blocks.row_bytes(cols);
                    OutTile::Bytes(TileMut::from_raw(base, bytes, rows, 0..bytes))
                }
                Elem::State(dtype) => {
                    assert_eq!(cols_owned, 0..cols, "cells of blocks are not cut");
                    let bytes = dtype.bytes_for(cols).expect("cells are whole blocks");
                    OutTile::Bytes(TileMut::from_raw(base, bytes, rows, 0..bytes))
                }
                Elem::Weight(_) => panic!("nodes do not produce weights"),
            }
        })
    }

    fn base(&self, id: ValueId) -> *mut u8 {
        match self.program.state_roots[id.index()] {
            Some(root) => self.states[root.index()],
            None => {
                let offset = self
                    .program
                    .plan
                    .offset(id)
                    .expect("intermediate values are planned");
                // SAFETY: the arena has `arena_bytes`, and the plan's offsets lie within.
                unsafe { self.arena.add(offset) }
            }
        }
    }
}

/// Part `index` of `0..n`, cut into `parts` at multiples of `multiple`, as evenly as these allow.
fn split(n: usize, multiple: usize, index: usize, parts: usize) -> Range<usize> {
    let multiple = multiple.max(1);
    let units = n.div_ceil(multiple);
    let at = |i: usize| (units * i / parts * multiple).min(n);
    at(index)..at(index + 1)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts_cover_everything_once() {
        for n in [0, 1, 7, 8, 9, 100, 1000] {
            for multiple in [1, 8, 64] {
                for parts in [1, 2, 3, 8] {
                    let mut next = 0;
                    for index in 0..parts {
                        let part = split(n, multiple, index, parts);
                        assert_eq!(part.start, next, "n={n} multiple={multiple} parts={parts}");
                        assert!(part.start.is_multiple_of(multiple) || part.is_empty());
                        next = part.end;
                    }
                    assert_eq!(next, n);
                }
            }
        }
    }
}
