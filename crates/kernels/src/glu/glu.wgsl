// y = f(gate) * up, or gpt-oss's clamped form, an invocation for each element. `gated` stands before this.

struct Params {
    elements: u32,
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
