// Attention of many queries: a workgroup for each head and tile of QUERIES tokens, which goes through the keys that any of
// them sees, KEYS at a time. Scores are a product of tiles; each invocation has ROWS queries for four keys, then for every
// eighth four columns of the values. Before this stand `k_four`, `v_four`, `q_four` and `store`.

const KEYS: u32 = 32u;
// Fours of elements that pass through the workgroup's memory at once, and of a row there: one more, so that
// neighbouring rows lie in other banks.
const STEP: u32 = 8u;
const STRIDE: u32 = STEP + 1u;
const QUERIES: u32 = 16u * ROWS;
const COLUMNS: u32 = (FOURS + STEP - 1u) / STEP;
// Invocations that share a query in the softmax, and fours of keys of each.
const SHARERS: u32 = WORKGROUP / QUERIES;
const OWN: u32 = KEYS / 4u / SHARERS;

// Some columns of the queries, then scores, then weights.
var<workgroup> tile: array<vec4<f32>, QUERIES * STRIDE>;
// Some columns of the keys, then some of the values.
var<workgroup> cells_tile: array<vec4<f32>, CELLS_TILE>;
var<workgroup> shrinks: array<f32, QUERIES>;

fn load_queries(first: u32, end: u32, head: u32, begin: u32, lane: u32) {
    for (var i = lane; i < QUERIES * STEP; i += WORKGROUP) {
        let token = first + i / STEP;
        let four = begin + i % STEP;
        var values = vec4<f32>(0.0);
        if token < end && four < FOURS {
            values = SCALE * q_four(token * N_HEADS + head, four);
        }
        tile[i / STEP * STRIDE + i % STEP] = values;
    }
}

// Cells from `cell` on, of which `count` may be read. Every eighth row is of the same invocation.
fn load_keys(cell: u32, count: u32, begin: u32, lane: u32) {
    for (var i = lane; i < KEYS * STEP; i += WORKGROUP) {
        let key = i / STEP;
        let four = begin + i % STEP;
        var values = vec4<f32>(0.0);
        if key < count && four < FOURS {
            values = k_four(cell + key, four);
        }
        cells_tile[(key / 4u + STEP * (key % 4u)) * STRIDE + i % STEP] = values;
    }
}

fn load_values(cell: u32, begin: u32, count: u32, lane: u32) {
    for (var i = lane; i < VALUE_KEYS * FOURS; i += WORKGROUP) {
        let key = begin + i / FOURS;
        var values = vec4<f32>(0.0);
        if key < count {
            values = v_four(cell + key, i % FOURS);
        }
        cells_tile[i] = values;
    }
}

// One past the last token, before `end`, that goes on with the sequence of `token`.
fn run_end(token: u32, end: u32) -> u32 {
    var last = token + 1u;
    while last < end && sequences[last] == sequences[token] {
        last++;
    }
    return last;
}

// The positions that any of some tokens sees.
fn seen_by_any(first: u32, last: u32, text: u32) -> vec2<u32> {
    var all = sees(first, text);
    for (var token = first + 1u; token < last; token++) {
        let seen = sees(token, text);
        all = vec2<u32>(min(all.x, seen.x), max(all.y, seen.y));
    }
    return all;
}

// Which of four keys a query sees.
fn is_seen(key: u32, seen: vec2<u32>) -> vec4<bool> {
    let keys = vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u);
    return (keys >= vec4<u32>(seen.x)) & (keys < vec4<u32>(seen.y));
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.x + group.y * groups.x;
    let n_tiles = (params.tokens + QUERIES - 1u) / QUERIES;
    if number >= n_tiles * N_HEADS {
        return;
    }
    let head = number % N_HEADS;
    // The last tokens see most: they begin.
    let first = (n_tiles - 1u - number / N_HEADS) * QUERIES;
    let end = min(first + QUERIES, params.tokens);
    // In products: queries y, y + 16 … and keys 4 x to 4 x + 3 or columns x, x + 8 …
    let x = lane % STEP;
    let y_row = lane / STEP;
    // In the softmax.
    let query = lane / SHARERS;
    let sharer = lane % SHARERS;
    var largest = LOWEST;
    var sum = 0.0;
    var values = array<vec4<f32>, ROWS * COLUMNS>();
    var last = first;
    for (var run = first; run < end; run = last) {
        last = run_end(run, end);
        let text = text_end(run);
        let all = seen_by_any(run, last, text);
        let cells = first_cell(head / GROUP, run);
        var mine = vec2<u32>(0u);
        if first + query >= run && first + query < last {
            mine = sees(first + query, text);
        }
        for (var start = all.x; start < all.y; start += KEYS) {
            let count = min(KEYS, all.y - start);
            var dots = array<vec4<f32>, ROWS>();
            for (var begin = 0u; begin < FOURS; begin += STEP) {
                load_queries(first, end, head, begin, lane);
                load_keys(cells + start, count, begin, lane);
                workgroupBarrier();
                for (var c = 0u; c < STEP; c++) {
                    let key_0 = cells_tile[x * STRIDE + c];
                    let key_1 = cells_tile[(x + STEP) * STRIDE + c];
                    let key_2 = cells_tile[(x + 2u * STEP) * STRIDE + c];
                    let key_3 = cells_tile[(x + 3u * STEP) * STRIDE + c];
                    for (var r = 0u; r < ROWS; r++) {
                        let q4 = tile[(y_row + 16u * r) * STRIDE + c];
                        dots[r] += vec4<f32>(dot(q4, key_0), dot(q4, key_1), dot(q4, key_2), dot(q4, key_3));
                    }
                }
                workgroupBarrier();
            }
            for (var r = 0u; r < ROWS; r++) {
                let four = dots[r];
                tile[(y_row + 16u * r) * STRIDE + x] =
                    vec4<f32>(capped(four.x), capped(four.y), capped(four.z), capped(four.w));
            }
            workgroupBarrier();

            var top = largest;
            for (var i = 0u; i < KEYS / 4u; i++) {
                let four = select(vec4<f32>(LOWEST), tile[query * STRIDE + i], is_seen(start + 4u * i, mine));
                top = max(top, max(max(four.x, four.y), max(four.z, four.w)));
            }
            let shrink = exp(largest - top);
            largest = top;
            sum *= shrink;
            var weights = array<vec4<f32>, OWN>();
            for (var i = 0u; i < OWN; i++) {
                let at = sharer * OWN + i;
                let four = exp(tile[query * STRIDE + at] - vec4<f32>(top));
                weights[i] = select(vec4<f32>(0.0), four, is_seen(start + 4u * at, mine));
                sum += dot(weights[i], vec4<f32>(1.0));
            }
            workgroupBarrier();
            for (var i = 0u; i < OWN; i++) {
                tile[query * STRIDE + sharer * OWN + i] = weights[i];
            }
            shrinks[query] = shrink;
            workgroupBarrier();

            for (var r = 0u; r < ROWS; r++) {
                for (var n = 0u; n < COLUMNS; n++) {
                    values[r * COLUMNS + n] *= shrinks[y_row + 16u * r];
                }
            }
            for (var begin = 0u; begin < KEYS; begin += VALUE_KEYS) {
                load_values(cells + start, begin, count, lane);
                workgroupBarrier();
                for (var key = 0u; key < VALUE_KEYS; key += 4u) {
                    for (var r = 0u; r < ROWS; r++) {
                        let four = tile[(y_row + 16u * r) * STRIDE + (begin + key) / 4u];
                        for (var n = 0u; n < COLUMNS; n++) {
                            let at = key * FOURS + n * STEP + x;
                            values[r * COLUMNS + n] += four.x * cells_tile[at] + four.y * cells_tile[at + FOURS]
                                + four.z * cells_tile[at + 2u * FOURS] + four.w * cells_tile[at + 3u * FOURS];
                        }
                    }
                }
                workgroupBarrier();
            }
        }
    }
    cells_tile[lane] = vec4<f32>(sum, largest, 0.0, 0.0);
    workgroupBarrier();
    for (var r = 0u; r < ROWS; r++) {
        let row = y_row + 16u * r;
        var total = 0.0;
        for (var i = 0u; i < SHARERS; i++) {
            total += cells_tile[row * SHARERS + i].x;
        }
        let share = share_of(head, cells_tile[row * SHARERS].y, total);
        for (var n = 0u; n < COLUMNS; n++) {
            let four = n * STEP + x;
            if four < FOURS && first + row < end {
                store((first + row) * N_HEADS + head, four, share * values[r * COLUMNS + n]);
            }
        }
    }
}
