// What the kernels for many rows of x share: a workgroup computes a tile of TILE_T rows and TILE_COLUMNS columns of y, an invocation
// 4 x 4 of them, TILE_K columns of x at a time. Where the result is gated, half of a tile's rows of the weight are the gate's.

const TILE_T: u32 = 32u;
const TILE_N: u32 = 64u;
const TILE_K: u32 = 32u;
const FOURS: u32 = TILE_K / 4u;
// Elements of a row of the weight that an invocation takes apart.
const RUN: u32 = TILE_N * TILE_K / WORKGROUP;
const ACROSS: u32 = TILE_N / 4u;
// Columns of y.
const TILE_COLUMNS: u32 = select(TILE_N, TILE_N / 2u, GLU);
// Of rows of x: those that an invocation loads are WORKGROUP / FOURS apart.
const LOADED: u32 = FOURS * TILE_T / WORKGROUP;

// The first of the bound rows, and the first token, of the tile of this number.
fn tile_at(number: u32) -> vec2<u32> {
    let tiles = (params.rows + TILE_COLUMNS - 1u) / TILE_COLUMNS;
    return vec2<u32>((number % tiles) * TILE_COLUMNS, (number / tiles) * TILE_T);
}

// The row of the weight that is row `here` of the tile which begins at column `first` of y.
fn row_of_weight(first: u32, here: u32) -> u32 {
    if !GLU {
        return min(first + here, params.rows - 1u);
    }
    let column = min(first + here % TILE_COLUMNS, params.rows - 1u);
    return select(column, column + params.n, here >= TILE_COLUMNS);
}

// Write four by four sums: of four rows of the weight, ACROSS apart, from row `row` of the bound ones on, for four tokens.
fn write_sums(sums: array<vec4<f32>, 4>, row: u32, token: u32) {
    let all = sums;
    for (var i = 0u; i < TILE_COLUMNS / ACROSS; i++) {
        let here = row + i * ACROSS;
        let column = params.first + here;
        for (var t = 0u; t < 4u; t++) {
            if here < params.rows && token + t < params.tokens {
                let at = (token + t) * params.n + column;
                y[at] = gated(all[i][t], all[(i + 2u) % 4u][t]) + addend(column, at);
            }
        }
    }
}
