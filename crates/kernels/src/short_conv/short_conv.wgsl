// Causal depthwise convolution, an invocation for each channel, token by token. See mod.rs for the contract.

struct Params {
    elements: u32,
    tokens: u32,
    // Taps but the last.
    before: u32,
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
    let channels = params.elements;
    let taps = i * (params.before + 1u);
    for (var token = 0u; token < params.tokens; token++) {
        let past = u32(sequences[token]) * params.before * channels + i;
        let value = x[token * channels + i];
        // A token at position 0 has nothing before it.
        let keep = select(1.0, 0.0, positions[token] == 0);
        var sum = 0.0;
        for (var j = 0u; j < params.before; j++) {
            let at = past + j * channels;
            let input = select(0.0, state[at], keep == 1.0);
            sum += weight[taps + j] * input;
            if j > 0u {
                state[at - channels] = input;
            }
        }
        state[past + (params.before - 1u) * channels] = value;
        y[token * channels + i] = sum + weight[taps + params.before] * value;
    }
}
