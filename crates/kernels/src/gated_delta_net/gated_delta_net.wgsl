// Gated delta rule, an invocation for each column of the state, token by token. See mod.rs for the contract.

struct Params {
    elements: u32,
    tokens: u32,
}

const KEYS: u32 = N_K_HEADS * K_DIM;

// 1 / sqrt(sum of squares + eps) of K_DIM elements.
fn normaliser(start: u32) -> f32 {
    var squares = 0.0;
    for (var d = 0u; d < K_DIM; d++) {
        squares += qkv[start + d] * qkv[start + d];
    }
    return 1.0 / sqrt(squares + EPS);
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i >= params.elements {
        return;
    }
    let cols = params.elements;
    let head = i / V_DIM;
    let k_head = (head % N_K_HEADS) * K_DIM;
    for (var token = 0u; token < params.tokens; token++) {
        let row = token * (2u * KEYS + cols);
        let q = row + k_head;
        let k = row + KEYS + k_head;
        let q_scale = normaliser(q) / sqrt(f32(K_DIM));
        let k_scale = normaliser(k);
        let value = qkv[row + 2u * KEYS + i];
        let decay = gates[token * N_V_HEADS + head].x;
        let rate = gates[token * N_V_HEADS + head].y;
        let matrix = u32(sequences[token]) * K_DIM * cols + i;
        // A token at position 0 starts from nothing, whatever the state holds.
        let is_first = positions[token] == 0;
        var predicted = 0.0;
        for (var d = 0u; d < K_DIM; d++) {
            let at = matrix + d * cols;
            let kept = select(decay * state[at], 0.0, is_first);
            state[at] = kept;
            predicted += qkv[k + d] * k_scale * kept;
        }
        let correction = rate * (value - predicted) * k_scale;
        var read = 0.0;
        for (var d = 0u; d < K_DIM; d++) {
            let at = matrix + d * cols;
            let corrected = state[at] + qkv[k + d] * correction;
            state[at] = corrected;
            read += qkv[q + d] * corrected;
        }
        y[token * cols + i] = read * q_scale;
    }
}
