// Softmax, a workgroup for each row. See mod.rs for the contract.

struct Params {
    rows: u32,
    cols: u32,
}

const LOWEST: f32 = -3.4028234e38;

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
    var largest = LOWEST;
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        largest = max(largest, x[start + c]);
    }
    largest = max_of_workgroup(lane, largest);
    var total = 0.0;
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        total += exp(x[start + c] - largest);
    }
    let sum = sum_of_workgroup(lane, total);
    // A row of all -inf is a row of zeros.
    let scale = select(0.0, 1.0 / sum, sum > 0.0);
    for (var c = lane; c < params.cols; c += WORKGROUP) {
        y[start + c] = exp(x[start + c] - largest) * scale;
    }
}
