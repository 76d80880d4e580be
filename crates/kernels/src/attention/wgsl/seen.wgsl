// What all stages of attention share: the positions that a token sees, the soft cap, and how an output is weighed. Before this stands
// `sink(head)`.

struct Params {
    tokens: u32,
    n_sequences: u32,
    n_ctx: u32,
}

const FOURS: u32 = (HEAD_DIM + 3u) / 4u;
const GROUP: u32 = N_HEADS / N_KV_HEADS;
const LOWEST: f32 = -3.4028234e38;

fn capped(score: f32) -> f32 {
    if !HAS_SOFTCAP {
        return score;
    }
    let e = exp(-2.0 * abs(score) / SOFTCAP);
    return sign(score) * SOFTCAP * (1.0 - e) / (1.0 + e);
}

// One past the largest position that the token's sequence has in this step, where queries look ahead.
fn text_end(token: u32) -> u32 {
    if CAUSAL {
        return 0u;
    }
    var end = 0u;
    for (var i = 0u; i < params.tokens; i++) {
        if sequences[i] == sequences[token] {
            end = max(end, u32(positions[i]) + 1u);
        }
    }
    return end;
}

// The positions that a token sees, in a text that ends before `end`.
fn sees(token: u32, end: u32) -> vec2<u32> {
    let position = u32(positions[token]);
    if CAUSAL {
        let behind = position + 1u;
        return vec2<u32>(behind - min(behind, WINDOW), behind);
    }
    let reach = WINDOW / 2u;
    return vec2<u32>(position - min(position, reach), min(end, position + reach + 1u));
}

// The cell of a sequence's first position.
fn first_cell(kv_head: u32, token: u32) -> u32 {
    return (kv_head * params.n_sequences + u32(sequences[token])) * params.n_ctx;
}

// What weighted values are multiplied by, whose weights are relative to the largest score and have this sum.
fn share_of(head: u32, largest: f32, sum: f32) -> f32 {
    if !HAS_SINKS {
        return 1.0 / sum;
    }
    let top = max(largest, sink(head));
    let shrink = exp(largest - top);
    return shrink / (sum * shrink + exp(sink(head) - top));
}
