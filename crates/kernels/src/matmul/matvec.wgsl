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
    let sums = sums_of_rows(shares(x_rows, w_row * params.row_bytes, params.k, lane), lane);
    var ups = array<f32, T>();
    if GLU {
        let up_row = (w_row + params.n) * params.row_bytes;
        ups = sums_of_rows(shares(x_rows, up_row, params.k, lane), lane);
    }
    var of_squares = array<f32, T>();
    if NORM {
        of_squares = sums_of_rows(squares(x_rows, params.k, lane), lane);
    }
    if lane % LANES != 0u || row >= params.rows {
        return;
    }
    let column = params.first + row;
    for (var t = 0u; t < T; t++) {
        if token + t < params.tokens {
            let i = (token + t) * params.n + column;
            let scale = scale_of_row(of_squares[t]);
            y[i] = gated(sums[t] * scale, ups[t] * scale) + addend(column, i);
        }
    }
}
