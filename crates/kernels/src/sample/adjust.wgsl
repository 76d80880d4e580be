// Logit bias and penalties, by one workgroup. A token that occurs several times is the work of the invocation that has its first
// place, so that what is added comes in the order of the list.

fn recent_at(i: u32) -> u32 {
    return recent[(params.oldest + i) % RECENT];
}

fn add_bias(first: u32) {
    let id = bias[2u * first];
    var is_first = id < params.n;
    for (var i = 0u; i < first; i++) {
        is_first = is_first && bias[2u * i] != id;
    }
    if !is_first {
        return;
    }
    var logit = bitcast<f32>(logits[id]);
    for (var i = first; i < params.n_bias; i++) {
        if bias[2u * i] == id {
            logit += bitcast<f32>(bias[2u * i + 1u]);
        }
    }
    logits[id] = bitcast<u32>(logit);
}

fn penalize(first: u32) {
    let id = recent_at(first);
    var is_first = id < params.n;
    for (var i = 0u; i < first; i++) {
        is_first = is_first && recent_at(i) != id;
    }
    if !is_first {
        return;
    }
    var logit = bitcast<f32>(logits[id]) - params.frequency - params.presence;
    logit = select(logit * params.repetition, logit / params.repetition, logit > 0.0);
    for (var i = first + 1u; i < params.window; i++) {
        if recent_at(i) == id {
            logit -= params.frequency;
        }
    }
    logits[id] = bitcast<u32>(logit);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var i = lane; i < params.n_bias; i += WORKGROUP) {
        add_bias(i);
    }
    storageBarrier();
    for (var i = lane; i < params.window; i += WORKGROUP) {
        penalize(i);
    }
}
