// Sum of the experts' outputs by their weights, an invocation for each element. See mod.rs for the contract.

struct Params {
    elements: u32,
    cols: u32,
    n_used: u32,
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
    let token = i / params.cols;
    let column = i % params.cols;
    var sum = 0.0;
    for (var n = 0u; n < params.n_used; n++) {
        let row = token * params.n_used + n;
        sum += weights[row] * x[row * params.cols + column];
    }
    y[i] = sum;
}
