// y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n]), for many t: a workgroup computes a tile of TILE_T rows and
// TILE_N columns of y, an invocation 4 x 4 of them. Tiles of x and of the weight, taken apart once for all rows, pass through
// the workgroup's memory, TILE_K columns at a time. Before this stand the decoder of the weight's type and `addend`.

const TILE_T: u32 = 32u;
const TILE_N: u32 = 64u;
const TILE_K: u32 = 32u;
const FOURS: u32 = TILE_K / 4u;
// Elements of a row of the weight that an invocation takes apart.
const RUN: u32 = TILE_N * TILE_K / WORKGROUP;
const ACROSS: u32 = TILE_N / 4u;

// Four by four columns, row beside row.
var<workgroup> x_tile: array<vec4<f32>, FOURS * TILE_T>;
var<workgroup> w_tile: array<vec4<f32>, FOURS * TILE_N>;

fn load_x(token: u32, start: u32, lane: u32) {
    for (var i = lane; i < FOURS * TILE_T; i += WORKGROUP) {
        let t = token + i / FOURS;
        let k = start + 4u * (i % FOURS);
        var values = vec4<f32>(0.0);
        if t < params.tokens && k < params.k {
            values = x[(t * params.k + k) / 4u];
        }
        x_tile[(i % FOURS) * TILE_T + i / FOURS] = values;
    }
}

fn load_w(row: u32, start: u32, lane: u32) {
    let here = lane / (TILE_K / RUN);
    let first = (lane % (TILE_K / RUN)) * RUN;
    let w_row = min(row + here, params.rows - 1u) * params.row_bytes;
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
    let number = group.x + group.y * groups.x;
    let tiles = (params.rows + TILE_N - 1u) / TILE_N;
    let row = (number % tiles) * TILE_N;
    let token = (number / tiles) * TILE_T;
    if token >= params.tokens {
        return;
    }
    let my_row = lane % ACROSS;
    let my_token = (lane / ACROSS) * 4u;
    // Four rows of the weight, for four tokens each.
    var sums = array<vec4<f32>, 4>();
    for (var start = 0u; start < params.k; start += TILE_K) {
        load_x(token, start, lane);
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
    for (var i = 0u; i < 4u; i++) {
        let here = row + my_row + i * ACROSS;
        let column = params.first + here;
        for (var t = 0u; t < 4u; t++) {
            if here < params.rows && token + my_token + t < params.tokens {
                let at = (token + my_token + t) * params.n + column;
                y[at] = sums[i][t] + addend(column, at);
            }
        }
    }
}
