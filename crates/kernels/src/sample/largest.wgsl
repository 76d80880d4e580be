// The largest logit of each workgroup's slice, and the first token that has it.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if !GREEDY {
        // Nothing has been counted yet.
        for (var i = group.x * WORKGROUP + lane; i < COUNTERS; i += params.groups * WORKGROUP) {
            atomicStore(&counters[i], 0u);
        }
    }
    let start = group.x * params.slice;
    let end = min(start + params.slice, params.n);
    var best = 0u;
    var id = 0u;
    for (var i = start + lane; i < end; i += WORKGROUP) {
        var key = key_of(logits[i]);
        // Zeros are equal.
        key = select(key, ZERO, key == MINUS_ZERO);
        // The likeliest of nothing is the first token.
        key = select(key, 0u, GREEDY && key == MINUS_INFINITE);
        if key > best {
            best = key;
            id = i;
        }
    }
    let found = best_of_workgroup(lane, best, id);
    if lane == 0u {
        work[2u * group.x] = found.x;
        work[2u * group.x + 1u] = found.y;
    }
}
