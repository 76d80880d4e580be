// s = a + b and its RMS norm, a workgroup for each row. See mod.rs for the contract.

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
    var squares = 0.0;
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        let sum = a[start + c] + b[start + c];
        s[start + c] = sum;
        squares += sum * sum;
    }
    let mean = sum_of_workgroup(lane, squares) / f32(params.cols);
    let scale = 1.0 / sqrt(mean + params.eps);
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        y[start + c] = (a[start + c] + b[start + c]) * scale * w[c];
    }
}
