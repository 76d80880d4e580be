// y[t, i, n] = sum_k x[t, i, k] * w[ids[t, i], n, k] (+ bias[ids[t, i], n]): a workgroup computes ROWS columns of one choice of
// one token. Before this stand the decoder of the weight's type and `dot.wgsl`.

struct Params {
    k: u32,
    row_bytes: u32,
    // Rows of the weight that are bound, and the number of the first.
    rows: u32,
    first: u32,
    // Rows of an expert.
    n: u32,
    // Of ids.
    choices: u32,
    // Choices that share a row of x.
    per_x: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.x + group.y * groups.x;
    let groups_of_rows = (params.n + ROWS - 1u) / ROWS;
    let choice = number / groups_of_rows;
    if choice >= params.choices {
        return;
    }
    let column = (number % groups_of_rows) * ROWS + lane / LANES;
    let expert_row = u32(ids[choice]) * params.n + column;
    // Rows beyond the end, and those of another dispatch, are computed from any row and not kept.
    let row = expert_row - params.first;
    let x_rows = array<u32, 1>(choice / params.per_x * (params.k / 4u));
    let w_rows = array<u32, 1>(min(row, params.rows - 1u) * params.row_bytes);
    let sums = sums_of_rows(shares(x_rows, w_rows, params.k, lane), lane);
    if lane % LANES == 0u && column < params.n && row < params.rows {
        y[choice * params.n + column] = sums[0] + addend(expert_row);
    }
}
