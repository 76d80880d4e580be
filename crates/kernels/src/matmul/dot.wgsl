// Dot products of T rows of x with SETS rows of a weight, LANES invocations for each, and with SQUARES of the rows of x with
// themselves. `x` is in fours; `weighed` says what is taken of them. Before this stands `in_step.wgsl` or `alone.wgsl`.

const ROWS: u32 = WORKGROUP / LANES;
// Invocations whose sum takes no memory, and such groups.
const STEP: u32 = min(IN_STEP, LANES);
const GROUPS: u32 = WORKGROUP / STEP;
// Of each of T: products with the first of SETS, with the second, squares.
const SUMS: u32 = T * (SETS + u32(SQUARES));

var<workgroup> partial: array<f32, SUMS * GROUPS>;

// An invocation's shares: of the rows of x that begin at these fours and the rows of the weight at these bytes, every LANES-th
// piece. Rows of x do not see each other, so a sum has the same bits whatever T is.
fn shares(x_rows: array<u32, T>, w_rows: array<u32, SETS>, k: u32, lane: u32) -> array<f32, SUMS> {
    var sums = array<f32, SUMS>();
    for (var piece = lane % LANES; piece < k / PIECE; piece += LANES) {
        let start = piece * PIECE;
        let block = start / BLOCK;
        let within = (start - block * BLOCK) / PIECE;
        var products = array<f32, T * SETS>();
        var elements = array<f32, T>();
        for (var j = 0u; j < PIECE / 4u; j++) {
            var codes = array<vec4<f32>, SETS>();
            for (var row = 0u; row < SETS; row++) {
                codes[row] = codes_of(w_rows[row] + block * BLOCK_BYTES, within, j);
            }
            for (var t = 0u; t < T; t++) {
                let four = x[x_rows[t] + start / 4u + j];
                let values = weighed(four, start / 4u + j);
                for (var row = 0u; row < SETS; row++) {
                    products[row * T + t] += dot(values, codes[row]);
                }
                if HAS_MINIMUM {
                    elements[t] += dot(values, vec4<f32>(1.0));
                }
                if SQUARES {
                    sums[SETS * T + t] += dot(four, four);
                }
            }
        }
        for (var row = 0u; row < SETS; row++) {
            let scale = scale_of(w_rows[row] + block * BLOCK_BYTES, within);
            for (var t = 0u; t < T; t++) {
                sums[row * T + t] += scale.x * products[row * T + t];
                if HAS_MINIMUM {
                    sums[row * T + t] += scale.y * elements[t];
                }
            }
        }
    }
    return sums;
}

// The sums of the shares of LANES invocations, known to the first of them. Every invocation must come here, once.
fn sums_of_rows(shares: array<f32, SUMS>, lane: u32) -> array<f32, SUMS> {
    var sums = shares;
    for (var i = 0u; i < SUMS; i++) {
        sums[i] = sum_in_step(sums[i], STEP);
    }
    if STEP == LANES {
        return sums;
    }
    if lane % STEP == 0u {
        for (var i = 0u; i < SUMS; i++) {
            partial[i * GROUPS + lane / STEP] = sums[i];
        }
    }
    workgroupBarrier();
    if lane % LANES == 0u {
        for (var i = 0u; i < SUMS; i++) {
            for (var group = 1u; group < LANES / STEP; group++) {
                sums[i] += partial[i * GROUPS + lane / STEP + group];
            }
        }
    }
    return sums;
}
