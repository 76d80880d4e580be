// Attention of few queries: a workgroup for each token, part of its keys, and HEADS heads that share keys and values, which are
// so read once for all of them. Scores of KEYS keys are computed by four invocations each; then an invocation adds up four columns
// of some of the values. Before this stand `k_four`, `v_four`, `q_four` and `finish`.

const KEY_LANES: u32 = 4u;
const KEYS: u32 = WORKGROUP / KEY_LANES;
// Scores of a tile that an invocation looks after.
const ITEMS: u32 = (HEADS * KEYS + WORKGROUP - 1u) / WORKGROUP;
// Invocations that share a column of the values.
const SHARERS: u32 = WORKGROUP / FOURS;

var<workgroup> query: array<vec4<f32>, HEADS * FOURS>;
// Parts of scores, a number of each invocation for each head; at the end of values, four numbers of each invocation.
var<workgroup> pieces: array<f32, PIECES>;
var<workgroup> scores: array<f32, HEADS * KEYS>;
var<workgroup> weights: array<f32, HEADS * KEYS>;
// Of each head: what its values shrink by; at the end its largest score, and the sum of its weights.
var<workgroup> shrinks: array<f32, HEADS>;
var<workgroup> sums_of_heads: array<f32, HEADS>;

fn load_queries(token: u32, kv_head: u32, first: u32, lane: u32) {
    for (var i = lane; i < HEADS * FOURS; i += WORKGROUP) {
        // Where heads do not divide evenly, the last one is computed more than once.
        let head = kv_head * GROUP + min(first + i / FOURS, GROUP - 1u);
        query[i] = SCALE * q_four(token * N_HEADS + head, i % FOURS);
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.x + group.y * groups.x;
    let part = number % PARTS;
    let share = (number / PARTS) % (N_KV_HEADS * SHARES);
    let token = number / (PARTS * N_KV_HEADS * SHARES);
    if token >= params.tokens {
        return;
    }
    let here = part_of(sees(token, text_end(token)), part);
    if here.x >= here.y {
        return;
    }
    let kv_head = share / SHARES;
    let first_head = (share % SHARES) * HEADS;
    let cells = first_cell(kv_head, token);
    load_queries(token, kv_head, first_head, lane);
    workgroupBarrier();

    var values = array<vec4<f32>, HEADS>();
    var largest = array<f32, ITEMS>();
    var sums = array<f32, ITEMS>();
    for (var n = 0u; n < ITEMS; n++) {
        largest[n] = LOWEST;
    }
    let four = lane % FOURS;
    let sharer = lane / FOURS;
    for (var start = here.x; start < here.y; start += KEYS) {
        let cell = cells + min(start + lane / KEY_LANES, here.y - 1u);
        var dots = array<f32, HEADS>();
        for (var c = lane % KEY_LANES; c < FOURS; c += KEY_LANES) {
            let key = k_four(cell, c);
            for (var h = 0u; h < HEADS; h++) {
                dots[h] += dot(query[h * FOURS + c], key);
            }
        }
        for (var h = 0u; h < HEADS; h++) {
            pieces[h * WORKGROUP + lane] = dots[h];
        }
        workgroupBarrier();
        for (var i = lane; i < HEADS * KEYS; i += WORKGROUP) {
            let at = KEY_LANES * i;
            let sum = (pieces[at] + pieces[at + 1u]) + (pieces[at + 2u] + pieces[at + 3u]);
            scores[i] = select(LOWEST, capped(sum), start + i % KEYS < here.y);
        }
        workgroupBarrier();
        for (var n = 0u; n < ITEMS; n++) {
            let i = lane + n * WORKGROUP;
            if i < HEADS * KEYS {
                var top = largest[n];
                for (var key = 0u; key < KEYS; key++) {
                    top = max(top, scores[i / KEYS * KEYS + key]);
                }
                let shrink = exp(largest[n] - top);
                let weight = select(0.0, exp(scores[i] - top), start + i % KEYS < here.y);
                sums[n] = sums[n] * shrink + weight;
                largest[n] = top;
                weights[i] = weight;
                shrinks[i / KEYS] = shrink;
            }
        }
        workgroupBarrier();
        for (var h = 0u; h < HEADS; h++) {
            values[h] *= shrinks[h];
        }
        if sharer < SHARERS {
            let count = min(KEYS, here.y - start);
            for (var key = sharer; key < count; key += SHARERS) {
                let value = v_four(cells + start + key, four);
                for (var h = 0u; h < HEADS; h++) {
                    values[h] += weights[h * KEYS + key] * value;
                }
            }
        }
        workgroupBarrier();
    }

    for (var n = 0u; n < ITEMS; n++) {
        let i = lane + n * WORKGROUP;
        if i < HEADS * KEYS {
            weights[i] = sums[n];
            shrinks[i / KEYS] = largest[n];
        }
    }
    workgroupBarrier();
    if lane < HEADS {
        var sum = 0.0;
        for (var key = 0u; key < KEYS; key++) {
            sum += weights[lane * KEYS + key];
        }
        sums_of_heads[lane] = sum;
    }
    for (var h = 0u; h < HEADS; h++) {
        for (var i = 0u; i < 4u; i++) {
            pieces[i * WORKGROUP + lane] = values[h][i];
        }
        workgroupBarrier();
        if lane < FOURS && first_head + h < GROUP {
            var total = vec4<f32>(0.0);
            for (var at = lane; at < SHARERS * FOURS; at += FOURS) {
                total += vec4<f32>(
                    pieces[at],
                    pieces[WORKGROUP + at],
                    pieces[2u * WORKGROUP + at],
                    pieces[3u * WORKGROUP + at],
                );
            }
            let row = token * N_HEADS + kv_head * GROUP + first_head + h;
            finish(row, part, lane, total, shrinks[h], sums_of_heads[h]);
        }
        workgroupBarrier();
    }
}
