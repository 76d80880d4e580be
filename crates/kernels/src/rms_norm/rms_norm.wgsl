// RMS norm of each run of elements, a workgroup for each. See mod.rs for the contract.

struct Params {
    runs: u32,
    // Elements of a run.
    len: u32,
    eps: f32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let run = group.x + group.y * groups.x;
    if run >= params.runs {
        return;
    }
    let start = run * params.len;
    var squares = 0.0;
    for (var c = lane; c < params.len; c += WORKGROUP) {
        let value = x[start + c];
        squares += value * value;
    }
    let mean = sum_of_workgroup(lane, squares) / f32(params.len);
    let scale = 1.0 / sqrt(mean + params.eps);
    for (var c = lane; c < params.len; c += WORKGROUP) {
        y[start + c] = x[start + c] * scale * w[c];
    }
}
