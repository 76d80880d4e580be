// y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n]), for many t, in narrow arithmetic: codes of x, from `narrow.wgsl`,
// are multiplied by codes of the weight, and what a piece of them gives by both scales in f32. Before this stand the decoder of the
// weight's type, `addend`, `gated`, `tile.wgsl` and the arithmetic. See mod.rs.

// Runs of x are as long as a tile, and have one scale; a weight has PIECES of them, of 16 or 32 elements.
const PIECES: u32 = TILE_K / PIECE;
const PIECE_FOURS: u32 = FOURS / PIECES;

// Four by four columns, row beside row.
var<workgroup> x_tile: array<Codes, FOURS * TILE_T>;
var<workgroup> w_tile: array<Codes, FOURS * TILE_N>;
// Scale, and the sums of the run's halves.
var<workgroup> x_scales: array<vec4<f32>, TILE_T>;
// Scale and minimum.
var<workgroup> w_scales: array<vec2<f32>, PIECES * TILE_N>;

fn load_x(token: u32, start: u32, lane: u32) {
    // Rows beyond the end are computed from the last one and not kept.
    let last = params.tokens - 1u;
    for (var n = 0u; n < LOADED; n++) {
        let i = lane + n * WORKGROUP;
        let t = min(token + i / FOURS, last);
        x_tile[(i % FOURS) * TILE_T + i / FOURS] = codes[(t * params.k + start) / 4u + i % FOURS];
    }
    if lane < TILE_T {
        x_scales[lane] = scales[(min(token + lane, last) * params.k + start) / TILE_K];
    }
}

fn load_w(row: u32, start: u32, lane: u32) {
    let here = lane / (TILE_K / RUN);
    let first = (lane % (TILE_K / RUN)) * RUN;
    let w_row = row_of_weight(row, here) * params.row_bytes;
    if first % PIECE == 0u {
        let k = start + first;
        let at = w_row + k / BLOCK * BLOCK_BYTES;
        w_scales[(first / PIECE) * TILE_N + here] = scale_of(at, k % BLOCK / PIECE);
    }
    for (var j = 0u; j < RUN / 4u; j++) {
        let k = start + first + 4u * j;
        let at = w_row + k / BLOCK * BLOCK_BYTES;
        let within = k % BLOCK;
        let values = codes_of(at, within / PIECE, (within % PIECE) / 4u);
        w_tile[(first / 4u + j) * TILE_N + here] = codes_from(values);
    }
}

// The sums of the elements of a piece of x, of four tokens.
fn elements_of(piece: u32, token: u32) -> vec4<f32> {
    var sums = vec4<f32>(0.0);
    for (var t = 0u; t < 4u; t++) {
        let halves = x_scales[token + t].yz;
        if PIECES == 1u {
            sums[t] = halves.x + halves.y;
        } else {
            sums[t] = halves[piece];
        }
    }
    return sums;
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
    let mine = (lane / ACROSS) * 4u;
    // Four rows of the weight, for four tokens each.
    var sums = array<vec4<f32>, 4>();
    for (var start = 0u; start < params.k; start += TILE_K) {
        load_x(token, start, lane);
        load_w(row, start, lane);
        workgroupBarrier();
        let x_scale = vec4<f32>(x_scales[mine].x, x_scales[mine + 1u].x, x_scales[mine + 2u].x, x_scales[mine + 3u].x);
        for (var piece = 0u; piece < PIECES; piece++) {
            var totals = array<array<Total, 4>, 4>();
            for (var j = 0u; j < PIECE_FOURS; j++) {
                let four = piece * PIECE_FOURS + j;
                let at = four * TILE_T + mine;
                let a = x_tile[at];
                let b = x_tile[at + 1u];
                let c = x_tile[at + 2u];
                let d = x_tile[at + 3u];
                for (var i = 0u; i < 4u; i++) {
                    let w_four = w_tile[four * TILE_N + my_row + i * ACROSS];
                    totals[i][0] = add_products(totals[i][0], a, w_four);
                    totals[i][1] = add_products(totals[i][1], b, w_four);
                    totals[i][2] = add_products(totals[i][2], c, w_four);
                    totals[i][3] = add_products(totals[i][3], d, w_four);
                }
            }
            for (var i = 0u; i < 4u; i++) {
                let w_scale = w_scales[piece * TILE_N + my_row + i * ACROSS];
                let four = vec4<f32>(whole(totals[i][0]), whole(totals[i][1]), whole(totals[i][2]), whole(totals[i][3]));
                sums[i] += w_scale.x * x_scale * four;
                if HAS_MINIMUM {
                    sums[i] += w_scale.y * elements_of(piece, mine);
                }
            }
        }
        workgroupBarrier();
    }
    write_sums(sums, row + my_row, token + mine);
}
