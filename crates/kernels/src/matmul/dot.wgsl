// Dot products of T rows of x with rows of a weight, LANES invocations for each row of the weight. `x` is in fours; `weighed` says
// what is taken of them.

const ROWS: u32 = WORKGROUP / LANES;

var<workgroup> partial: array<f32, T * WORKGROUP>;

// An invocation's shares: of the rows of x that begin at these fours and the row of the weight at byte `w_row`, every
// LANES-th piece. Rows of x do not see each other, so a sum has the same bits whatever T is.
fn shares(x_rows: array<u32, T>, w_row: u32, k: u32, lane: u32) -> array<f32, T> {
    var sums = array<f32, T>();
    for (var piece = lane % LANES; piece < k / PIECE; piece += LANES) {
        let start = piece * PIECE;
        let block = start / BLOCK;
        let at = w_row + block * BLOCK_BYTES;
        let within = (start - block * BLOCK) / PIECE;
        var products = array<f32, T>();
        var elements = array<f32, T>();
        for (var j = 0u; j < PIECE / 4u; j++) {
            let codes = codes_of(at, within, j);
            for (var t = 0u; t < T; t++) {
                let values = weighed(x[x_rows[t] + start / 4u + j], start / 4u + j);
                products[t] += dot(values, codes);
                if HAS_MINIMUM {
                    elements[t] += dot(values, vec4<f32>(1.0));
                }
            }
        }
        let scale = scale_of(at, within);
        for (var t = 0u; t < T; t++) {
            sums[t] += scale.x * products[t];
            if HAS_MINIMUM {
                sums[t] += scale.y * elements[t];
            }
        }
    }
    return sums;
}

// The same invocations' shares of the squares of the rows of x.
fn squares(x_rows: array<u32, T>, k: u32, lane: u32) -> array<f32, T> {
    var sums = array<f32, T>();
    for (var four = lane % LANES; four < k / 4u; four += LANES) {
        for (var t = 0u; t < T; t++) {
            let values = x[x_rows[t] + four];
            sums[t] += dot(values, values);
        }
    }
    return sums;
}

// The sums of the shares of the LANES invocations of each row, known to the first of them. Every invocation must come here.
fn sums_of_rows(shares: array<f32, T>, lane: u32) -> array<f32, T> {
    var sums = shares;
    for (var t = 0u; t < T; t++) {
        partial[t * WORKGROUP + lane] = sums[t];
    }
    for (var step = LANES / 2u; step > 0u; step >>= 1u) {
        workgroupBarrier();
        if lane % LANES < step {
            for (var t = 0u; t < T; t++) {
                let i = t * WORKGROUP + lane;
                partial[i] += partial[i + step];
            }
        }
    }
    for (var t = 0u; t < T; t++) {
        sums[t] = partial[t * WORKGROUP + lane];
    }
    // There may be other sums after these.
    workgroupBarrier();
    return sums;
}
