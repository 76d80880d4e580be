// Layer norm, a workgroup for each row. See mod.rs for the contract.

struct Params {
    rows: u32,
    cols: u32,
    eps: f32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x + group.y * groups.x;
    if row >= params.rows {
        return;
    }
    let start = row * params.cols;
    var total = 0.0;
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        total += x[start + c];
    }
    let mean = sum_of_workgroup(lane, total) / f32(params.cols);
    var squares = 0.0;
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        let difference = x[start + c] - mean;
        squares += difference * difference;
    }
    let variance = sum_of_workgroup(lane, squares) / f32(params.cols);
    let scale = 1.0 / sqrt(variance + params.eps);
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        y[start + c] = (x[start + c] - mean) * scale * w[c] + b[c];
    }
}
