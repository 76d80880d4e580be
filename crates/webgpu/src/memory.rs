//! The buffers of a program's values.

use std::ops::Range;

use hearth_graph::{Graph, Source, ValueId, value_bytes};

use crate::device::Gpu;
use crate::program::{GpuProgram, WeightPlan};

/// The buffers of each value: several only for weights, none for what is not used.
#[derive(Debug)]
pub(crate) struct Buffers(Vec<Vec<wgpu::Buffer>>);

impl Buffers {
    /// Make them, and fill in the constants. States are 0.
    pub(crate) fn new(gpu: &Gpu, program: &GpuProgram) -> Self {
        let graph = program.graph();
        let slots = program.slots.bytes.iter();
        let slots: Vec<wgpu::Buffer> = slots
            .map(|&bytes| gpu.storage("intermediate values", bytes))
            .collect();
        let mut buffers: Vec<Vec<wgpu::Buffer>> = vec![Vec::new(); graph.values().len()];
        for plan in program.weights() {
            buffers[plan.value.index()] = of_weight(gpu, plan);
        }
        for (index, value) in graph.values().iter().enumerate() {
            let id = graph.value_id(index);
            let bytes = value_bytes(&value.ty, &program.bounds);
            match &value.source {
                Source::Input(name) => buffers[index] = vec![gpu.storage(name, bytes)],
                Source::Constant(name, data) => {
                    buffers[index] = vec![gpu.filled(name, bytemuck::cast_slice(data))];
                }
                Source::State(name) if program.state_roots[index] == Some(id) => {
                    buffers[index] = vec![gpu.storage(name, bytes)];
                }
                _ => buffers[index].extend(program.slots.slot(id).map(|slot| slots[slot].clone())),
            }
        }
        for (index, root) in program.state_roots.iter().enumerate() {
            if let Some(root) = root {
                buffers[index] = buffers[root.index()].clone();
            }
        }
        Buffers(buffers)
    }

    /// Bytes of all of them.
    pub(crate) fn bytes(&self) -> u64 {
        let mut each: Vec<&wgpu::Buffer> = Vec::new();
        for buffer in self.0.iter().flatten() {
            // Values share some.
            if !each.contains(&buffer) {
                each.push(buffer);
            }
        }
        each.into_iter().map(wgpu::Buffer::size).sum()
    }

    /// The buffer of a value that is no weight.
    pub(crate) fn one(&self, id: ValueId) -> &wgpu::Buffer {
        &self.0[id.index()][0]
    }

    /// All buffers of a value.
    pub(crate) fn all(&self, id: ValueId) -> &[wgpu::Buffer] {
        &self.0[id.index()]
    }

    /// Write rows of a weight from row `row` on: as many as `bytes` are, in the file's form. See [`WeightPlan::ROW_UNIT`].
    pub(crate) fn write_rows(&self, gpu: &Gpu, plan: &WeightPlan, mut row: usize, bytes: &[u8]) {
        let mut bytes = bytes;
        for (part, buffer) in plan.parts.iter().zip(self.all(plan.value)) {
            if !part.contains(&row) || bytes.is_empty() {
                continue;
            }
            let here = ((part.end - row) * plan.row_bytes).min(bytes.len());
            let (now, rest) = bytes.split_at(here);
            gpu.write(buffer, (row - part.start) * plan.row_bytes, now);
            row += here / plan.row_bytes;
            bytes = rest;
        }
        assert!(bytes.is_empty(), "no more rows than there are");
    }
}

fn of_weight(gpu: &Gpu, plan: &WeightPlan) -> Vec<wgpu::Buffer> {
    let name = plan.name();
    // A decoder may look at the word behind the last block.
    let bytes = |rows: &Range<usize>| rows.len() * plan.row_bytes + 4;
    plan.parts
        .iter()
        .map(|rows| gpu.storage(&name, bytes(rows)))
        .collect()
}

/// Bytes of the largest result.
pub(crate) fn result_bytes(graph: &Graph, program: &GpuProgram) -> usize {
    let results = graph.outputs().iter();
    let bytes = results.map(|(_, id)| value_bytes(&graph.value(*id).ty, &program.bounds));
    bytes.max().unwrap_or(0)
}
