//! A step as a list of dispatches.

use hearth_graph::{Bindings, Graph, ValueId};
use hearth_kernels::gpu::Call;

use crate::binding::Bound;
use crate::program::GpuProgram;

/// Uniform parameters lie at multiples of this, which every device takes.
pub(crate) const PARAMS_BYTES: usize = 256;

/// The dispatches of steps of one size.
#[derive(Debug)]
pub(crate) struct DispatchList {
    /// Workgroups of each bound stage.
    pub(crate) grids: Vec<[u32; 3]>,
    /// Parameters of each, [`PARAMS_BYTES`] apart.
    pub(crate) params: Vec<u8>,
}

impl DispatchList {
    /// The list for steps with these dimensions.
    pub(crate) fn new(program: &GpuProgram, bound: &[Bound], bindings: &Bindings) -> Self {
        let graph = program.graph();
        let mut list = DispatchList {
            grids: Vec::with_capacity(bound.len()),
            params: vec![0; bound.len() * PARAMS_BYTES],
        };
        for (bound, params) in bound.iter().zip(list.params.chunks_exact_mut(PARAMS_BYTES)) {
            let node = &graph.nodes()[bound.node];
            let inputs: Vec<Vec<usize>> = node
                .inputs
                .iter()
                .map(|&id| dims(graph, id, bindings))
                .collect();
            let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
            let launch = program.kernels[bound.node].launch(
                bound.stage,
                &Call {
                    inputs: &inputs,
                    output: &dims(graph, node.outputs[0], bindings),
                    rows: bound.rows.as_ref(),
                },
            );
            let words: &[u8] = bytemuck::cast_slice(&launch.params);
            params[..words.len()].copy_from_slice(words);
            list.grids.push(launch.grid);
        }
        list
    }
}

/// The dimensions of a value in a step.
pub(crate) fn dims(graph: &Graph, id: ValueId, bindings: &Bindings) -> Vec<usize> {
    let dims = &graph.value(id).ty.dims;
    dims.iter().map(|dim| dim.resolve(bindings)).collect()
}
