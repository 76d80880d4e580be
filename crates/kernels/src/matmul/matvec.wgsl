// y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n]), for few t: a workgroup computes ROWS columns of T rows of
// y. Before this stand the decoder of the weight's type, `dot.wgsl`, `addend` of bias and residual, and `gated`. See mod.rs.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.x + group.y * groups.x;
    let groups_of_rows = (params.rows + ROWS - 1u) / ROWS;
    let row = (number % groups_of_rows) * ROWS + lane / LANES;
    let token = (number / groups_of_rows) * T;
    if token >= params.tokens {
        return;
    }
    // Rows beyond the end are computed from the last one and not kept.
    var x_rows = array<u32, T>();
    for (var t = 0u; t < T; t++) {
        x_rows[t] = min(token + t, params.tokens - 1u) * (params.k / 4u);
    }
    let w_row = min(row, params.rows - 1u);
    // The second row is the gated one's.
    var w_rows = array<u32, SETS>();
    for (var other = 0u; other < SETS; other++) {
        w_rows[other] = (w_row + other * params.n) * params.row_bytes;
    }
    let sums = sums_of_rows(shares(x_rows, w_rows, params.k, lane), lane);
    if lane % LANES != 0u || row >= params.rows {
        return;
    }
    let column = params.first + row;
    for (var t = 0u; t < T; t++) {
        if token + t < params.tokens {
            let i = (token + t) * params.n + column;
            let scale = scale_of_row(select(0.0, sums[(SUMS - T) + t], NORM));
            let gate = sums[t] * scale;
            let up = sums[(SETS - 1u) * T + t] * scale;
            y[i] = gated(gate, up) + addend(column, i);
        }
    }
}
