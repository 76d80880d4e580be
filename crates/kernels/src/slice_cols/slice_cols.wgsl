// y[i, c] = x[i, start + c], an invocation for each element. See mod.rs for the contract.

struct Params {
    elements: u32,
    cols: u32,
    start: u32,
    len: u32,
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
    y[i] = x[i / params.len * params.cols + params.start + i % params.len];
}
