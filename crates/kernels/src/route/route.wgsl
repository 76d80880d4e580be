// Choice of experts, an invocation for each row. See mod.rs for the contract.

struct Params {
    elements: u32,
    n_experts: u32,
}

const LOWEST: f32 = -3.4028234e38;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// What decides: a NaN counts as the lowest.
fn rank(x: f32) -> f32 {
    return select(max(x, LOWEST), LOWEST, is_nan(x));
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
    let start = i * params.n_experts;
    var before = 0u;
    var sum = 0.0;
    var largest = 0.0;
    for (var n = 0u; n < N_USED; n++) {
        // The largest behind the one chosen before: smaller, or equal and further right.
        var best = params.n_experts;
        for (var c = 0u; c < params.n_experts; c++) {
            let candidate = rank(logits[start + c]);
            let last = rank(logits[start + before]);
            let is_behind = n == 0u || candidate < last || (candidate == last && c > before);
            if is_behind && (best == params.n_experts || candidate > rank(logits[start + best])) {
                best = c;
            }
        }
        before = best;
        if n == 0u {
            largest = logits[start + best];
        }
        let weight = exp(logits[start + best] - largest);
        sum += weight;
        ids[i * N_USED + n] = i32(best);
        weights[i * N_USED + n] = weight;
    }
    for (var n = 0u; n < N_USED; n++) {
        let at = i * N_USED + n;
        weights[at] = weights[at] / sum * factor(u32(ids[at]));
    }
}
