// y = a + b, element by element, or a vector b for every row. See mod.rs for the contract.

struct Params {
    elements: u32,
    // Elements of b.
    period: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i < params.elements {
        y[i] = a[i] + b[i % params.period];
    }
}
