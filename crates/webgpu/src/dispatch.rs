//! A step as a list of dispatches.

use std::ops::Range;

use hearth_graph::{Bindings, Graph, ValueId};
use hearth_kernels::gpu::{Call, Launch};

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
        let mut list = DispatchList {
            grids: Vec::with_capacity(bound.len()),
            params: vec![0; bound.len() * PARAMS_BYTES],
        };
        for (bound, params) in bound.iter().zip(list.params.chunks_exact_mut(PARAMS_BYTES)) {
            let stage = (bound.node, bound.stage);
            let launch = launch(program, stage, bound.rows.as_ref(), bindings);
            let words: &[u8] = bytemuck::cast_slice(&launch.params);
            params[..words.len()].copy_from_slice(words);
            list.grids.push(launch.grid);
        }
        list
    }

    /// Put some of the dispatches into a pass; those without workgroups are left out.
    pub(crate) fn encode(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &[Bound],
        indices: Range<usize>,
    ) {
        for index in indices {
            let ([x, y, z], bound) = (self.grids[index], &bound[index]);
            if x == 0 || y == 0 || z == 0 {
                continue;
            }
            pass.set_pipeline(&bound.pipeline);
            pass.set_bind_group(0, &bound.group, &[(index * PARAMS_BYTES) as u32]);
            pass.dispatch_workgroups(x, y, z);
        }
    }
}

/// Parameters and workgroups of a node's stage in a step.
pub(crate) fn launch(
    program: &GpuProgram,
    (node, stage): (usize, usize),
    rows: Option<&Range<usize>>,
    bindings: &Bindings,
) -> Launch {
    let graph = program.graph();
    let at = &graph.nodes()[node];
    let inputs = at.inputs.iter().map(|&id| dims(graph, id, bindings));
    let inputs: Vec<Vec<usize>> = inputs.collect();
    let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
    let call = Call {
        inputs: &inputs,
        output: &dims(graph, at.outputs[0], bindings),
        rows,
    };
    program.kernels[node].launch(stage, &call)
}

/// The dimensions of a value in a step.
pub(crate) fn dims(graph: &Graph, id: ValueId, bindings: &Bindings) -> Vec<usize> {
    let dims = &graph.value(id).ty.dims;
    dims.iter().map(|dim| dim.resolve(bindings)).collect()
}
