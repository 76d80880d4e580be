// y[i, c] = x[rows[i], c]. See mod.rs for the contract.

struct Params {
    elements: u32,
    cols: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i < params.elements {
        y[i] = x[u32(rows[i / params.cols]) * params.cols + i % params.cols];
    }
}
