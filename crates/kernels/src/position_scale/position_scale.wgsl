// Attention temperature by position, an invocation for each element. See mod.rs for the contract.

struct Params {
    elements: u32,
    cols: u32,
    context: u32,
    beta: f32,
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
    let contexts = f32(u32(positions[i / params.cols]) / params.context);
    y[i] = x[i] * (1.0 + params.beta * log(1.0 + contexts));
}
