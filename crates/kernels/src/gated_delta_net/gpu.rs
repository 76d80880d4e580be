//! First the gates of each token and head, then an invocation for each column of the state. Together they would bind more
//! buffers than every device takes.

use super::GatedDeltaNet;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, Call, ELEMENTWISE, GpuKernel, Launch, Stage, elementwise, size};

/// The kernel.
#[derive(Debug)]
pub(super) struct GatedDeltaNetKernel([Stage; 2]);

impl GatedDeltaNetKernel {
    pub(super) fn new(op: &GatedDeltaNet) -> Self {
        let gates = Bindings::default()
            .read("alpha", "f32", Bind::Input(2))
            .read("beta", "f32", Bind::Input(3))
            .read("dt_bias", "f32", Bind::Input(4))
            .read("a", "f32", Bind::Input(5))
            .write("gates", "vec2<f32>", Bind::Scratch(0));
        let gates_text = Source::default()
            .size("N_V_HEADS", op.n_v_heads)
            .text(include_str!("gates.wgsl"));
        let state = Bindings::default()
            .write("state", "f32", Bind::Output(0))
            .read("qkv", "f32", Bind::Input(1))
            .read("gates", "vec2<f32>", Bind::Scratch(0))
            .read("positions", "i32", Bind::Input(6))
            .read("sequences", "i32", Bind::Input(7))
            .write("y", "f32", Bind::Output(1));
        let state_text = Source::default()
            .size("N_K_HEADS", op.n_k_heads)
            .size("N_V_HEADS", op.n_v_heads)
            .size("K_DIM", op.k_dim)
            .size("V_DIM", op.v_dim)
            .number("EPS", op.eps)
            .text(include_str!("gated_delta_net.wgsl"));
        GatedDeltaNetKernel([
            gates.stage("gates of gated_delta_net", ELEMENTWISE, gates_text),
            state.stage("gated_delta_net", ELEMENTWISE, state_text),
        ])
    }
}

impl GpuKernel for GatedDeltaNetKernel {
    fn stages(&self) -> &[Stage] {
        &self.0
    }

    fn launch(&self, stage: usize, call: &Call<'_>) -> Launch {
        if stage == 0 {
            elementwise(call.elements(2), &[])
        } else {
            elementwise(call.inputs[0][2], &[size(call.inputs[1][0])])
        }
    }

    fn scratch_bytes(&self, call: &Call<'_>) -> Vec<usize> {
        vec![2 * size_of::<f32>() * call.elements(2)]
    }
}
