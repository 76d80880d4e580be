// y = f(gate) * up, or gpt-oss's clamped form. See mod.rs for the contract.

struct Params {
    elements: u32,
}

fn gated(gate: f32, up: f32) -> f32 {
    if CLAMPED {
        let g = min(gate, LIMIT);
        let u = clamp(up, -LIMIT, LIMIT);
        return g * sigmoid(ALPHA * g) * (u + 1.0);
    }
    return activation(gate) * up;
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i < params.elements {
        y[i] = gated(gate[i], up[i]);
    }
}
