// y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n]), for many t, in f32. Tiles of x and of the weight, taken apart
// once for all rows, pass through the workgroup's memory. Before this stand the decoder of the weight's type, `addend`, `gated` and
// `tile.wgsl`. See mod.rs.

// Four by four columns, row beside row.
var<workgroup> x_tile: array<vec4<f32>, FOURS * TILE_T>;
var<workgroup> w_tile: array<vec4<f32>, FOURS * TILE_N>;
var<workgroup> row_scales: array<f32, TILE_T>;

// Gives the squares of what this invocation loaded, added to those before.
fn load_x(token: u32, start: u32, lane: u32, before: array<f32, LOADED>) -> array<f32, LOADED> {
    var squares = before;
    for (var n = 0u; n < LOADED; n++) {
        let i = lane + n * WORKGROUP;
        let t = token + i / FOURS;
        let k = start + 4u * (i % FOURS);
        var values = vec4<f32>(0.0);
        if t < params.tokens && k < params.k {
            values = x[(t * params.k + k) / 4u];
            if NORM {
                squares[n] += dot(values, values);
            }
            values = weighed(values, k / 4u);
        }
        x_tile[(i % FOURS) * TILE_T + i / FOURS] = values;
    }
    return squares;
}

// What each row of x is multiplied by. Every invocation must come here, after the last tile.
fn scale_rows(squares: array<f32, LOADED>, lane: u32) {
    for (var n = 0u; n < LOADED; n++) {
        x_tile[lane + n * WORKGROUP] = vec4<f32>(squares[n]);
    }
    workgroupBarrier();
    if lane < TILE_T {
        var sum = 0.0;
        for (var four = 0u; four < FOURS; four++) {
            sum += x_tile[lane * FOURS + four].x;
        }
        row_scales[lane] = scale_of_row(sum);
    }
    workgroupBarrier();
}

fn load_w(row: u32, start: u32, lane: u32) {
    let here = lane / (TILE_K / RUN);
    let first = (lane % (TILE_K / RUN)) * RUN;
    let w_row = row_of_weight(row, here) * params.row_bytes;
    var scale = vec2<f32>(0.0);
    for (var j = 0u; j < RUN / 4u; j++) {
        let k = start + first + 4u * j;
        var values = vec4<f32>(0.0);
        if k < params.k {
            let block = k / BLOCK;
            let at = w_row + block * BLOCK_BYTES;
            let within = k - block * BLOCK;
            // A run begins at a multiple of its length, and most pieces are no shorter.
            if PIECE < RUN || j == 0u {
                scale = scale_of(at, within / PIECE);
            }
            values = scale.x * codes_of(at, within / PIECE, (within % PIECE) / 4u) + vec4<f32>(scale.y);
        }
        w_tile[(first / 4u + j) * TILE_N + here] = values;
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = tile_at(group.x + group.y * groups.x);
    let row = tile.x;
    let token = tile.y;
    if token >= params.tokens {
        return;
    }
    let my_row = lane % ACROSS;
    let my_token = (lane / ACROSS) * 4u;
    // Four rows of the weight, for four tokens each.
    var sums = array<vec4<f32>, 4>();
    var squares = array<f32, LOADED>();
    for (var start = 0u; start < params.k; start += TILE_K) {
        squares = load_x(token, start, lane, squares);
        load_w(row, start, lane);
        workgroupBarrier();
        for (var four = 0u; four < FOURS; four++) {
            let at = four * TILE_T + my_token;
            let a = x_tile[at];
            let b = x_tile[at + 1u];
            let c = x_tile[at + 2u];
            let d = x_tile[at + 3u];
            for (var i = 0u; i < 4u; i++) {
                let w_four = w_tile[four * TILE_N + my_row + i * ACROSS];
                sums[i] += vec4<f32>(dot(a, w_four), dot(b, w_four), dot(c, w_four), dot(d, w_four));
            }
        }
        workgroupBarrier();
    }
    scale_rows(squares, lane);
    let at = my_token;
    let scales = vec4<f32>(row_scales[at], row_scales[at + 1u], row_scales[at + 2u], row_scales[at + 3u]);
    for (var i = 0u; i < 4u; i++) {
        sums[i] *= scales;
    }
    write_sums(sums, row + my_row, token + my_token);
}
