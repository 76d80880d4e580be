// Attention of one query, a workgroup for each token and head; a key in each invocation, then an element of the values. See mod.rs
// for the contract. Before this stand the constants of the operation, the snippet of sums, and `k_pair`, `v_pair` of the
// cache's type.

struct Params {
    tokens: u32,
    n_sequences: u32,
    n_ctx: u32,
}

const PAIRS: u32 = HEAD_DIM / 2u;
const PAIRS_OF_A_LANE: u32 = (PAIRS + WORKGROUP - 1u) / WORKGROUP;
const LOWEST: f32 = -3.4028234e38;

var<workgroup> query: array<vec2<f32>, PAIRS>;
var<workgroup> weights: array<f32, WORKGROUP>;

fn capped(score: f32) -> f32 {
    if !HAS_SOFTCAP {
        return score;
    }
    let e = exp(-2.0 * abs(score) / SOFTCAP);
    return sign(score) * SOFTCAP * (1.0 - e) / (1.0 + e);
}

// One past the largest position that the token's sequence has in this step.
fn text_end(token: u32) -> u32 {
    var end = 0u;
    for (var i = 0u; i < params.tokens; i++) {
        if sequences[i] == sequences[token] {
            end = max(end, u32(positions[i]) + 1u);
        }
    }
    return end;
}

// The positions that a token sees.
fn sees(token: u32) -> vec2<u32> {
    let position = u32(positions[token]);
    if CAUSAL {
        let end = position + 1u;
        return vec2<u32>(end - min(end, WINDOW), end);
    }
    let end = text_end(token);
    let half = WINDOW / 2u;
    return vec2<u32>(position - min(position, half), min(end, position + half + 1u));
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.x + group.y * groups.x;
    let token = number / N_HEADS;
    let head = number % N_HEADS;
    if token >= params.tokens {
        return;
    }
    let start_of_query = number * HEAD_DIM;
    for (var c = lane; c < PAIRS; c += WORKGROUP) {
        let i = start_of_query + 2u * c;
        query[c] = SCALE * vec2<f32>(q[i], q[i + 1u]);
    }
    workgroupBarrier();

    let kv_head = head / (N_HEADS / N_KV_HEADS);
    let cells = (kv_head * params.n_sequences + u32(sequences[token])) * params.n_ctx;
    let seen = sees(token);
    var values = array<vec2<f32>, PAIRS_OF_A_LANE>();
    var largest = LOWEST;
    var sum = 0.0;
    for (var start = seen.x; start < seen.y; start += WORKGROUP) {
        let key = start + lane;
        var score = LOWEST;
        if key < seen.y {
            let cell = (cells + key) * PAIRS;
            var dots = 0.0;
            for (var c = 0u; c < PAIRS; c++) {
                dots += dot(query[c], k_pair(cell + c));
            }
            score = capped(dots);
        }
        let before = largest;
        largest = max(before, max_of_workgroup(lane, score));
        let shrink = exp(before - largest);
        let weight = select(0.0, exp(score - largest), key < seen.y);
        weights[lane] = weight;
        sum = sum * shrink + sum_of_workgroup(lane, weight);
        let count = min(WORKGROUP, seen.y - start);
        for (var n = 0u; n < PAIRS_OF_A_LANE; n++) {
            let c = lane + n * WORKGROUP;
            if c < PAIRS {
                var total = values[n] * shrink;
                for (var j = 0u; j < count; j++) {
                    total += weights[j] * v_pair((cells + start + j) * PAIRS + c);
                }
                values[n] = total;
            }
        }
        workgroupBarrier();
    }
    let scale = 1.0 / (sum + sink(head, largest));
    for (var n = 0u; n < PAIRS_OF_A_LANE; n++) {
        let c = lane + n * WORKGROUP;
        if c < PAIRS {
            let result = values[n] * scale;
            y[start_of_query + 2u * c] = result.x;
            y[start_of_query + 2u * c + 1u] = result.y;
        }
    }
}
