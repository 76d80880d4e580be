// How much each head's matrix decays, and how much of it is corrected: an invocation for each token and head.

struct Params {
    elements: u32,
}

fn softplus(x: f32) -> f32 {
    return select(log(1.0 + exp(x)), x, x > 20.0);
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i >= params.elements {
        return;
    }
    let head = i % N_V_HEADS;
    let decay = exp(a[head] * softplus(alpha[i] + dt_bias[head]));
    gates[i] = vec2<f32>(decay, 1.0 / (1.0 + exp(-beta[i])));
}
