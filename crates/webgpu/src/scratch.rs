//! Memory that calls want beside their values: the same for all of them, since they run one after the other.

use hearth_kernels::gpu::Call;

use crate::device::Gpu;
use crate::dispatch::dims;
use crate::program::GpuProgram;

/// Bytes of each buffer, for the largest step.
pub(crate) fn sizes(program: &GpuProgram) -> Vec<usize> {
    let graph = program.graph();
    let mut sizes: Vec<usize> = Vec::new();
    for (node, kernel) in graph.nodes().iter().zip(&program.kernels) {
        let inputs = node.inputs.iter();
        let inputs: Vec<Vec<usize>> = inputs.map(|&id| dims(graph, id, &program.bounds)).collect();
        let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
        let wanted = kernel.scratch_bytes(&Call {
            inputs: &inputs,
            output: &dims(graph, node.outputs[0], &program.bounds),
            rows: None,
        });
        sizes.resize(sizes.len().max(wanted.len()), 0);
        for (size, wanted) in sizes.iter_mut().zip(wanted) {
            *size = wanted.max(*size);
        }
    }
    sizes
}

/// The buffers.
pub(crate) fn buffers(gpu: &Gpu, program: &GpuProgram) -> Vec<wgpu::Buffer> {
    let sizes = sizes(program).into_iter();
    sizes.map(|bytes| gpu.storage("scratch", bytes)).collect()
}
