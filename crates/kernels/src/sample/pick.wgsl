// Of the tokens with the chosen logit, the one at the chosen place.

var<workgroup> counts: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
    let key = work[STATES + STATE * params.number];
    var total = 0u;
    for (var i = 0u; i < params.groups; i++) {
        total += work[COUNTS + i];
    }
    // So many are before it.
    var left = max(min(work[STATES + STATE * params.number + 1u], total), 1u) - 1u;
    var group = 0u;
    while group + 1u < params.groups && left >= work[COUNTS + group] {
        left -= work[COUNTS + group];
        group++;
    }
    let each = (params.slice + WORKGROUP - 1u) / WORKGROUP;
    let start = group * params.slice + lane * each;
    let end = min(min(start + each, (group + 1u) * params.slice), params.n);
    var own = 0u;
    for (var i = start; i < end; i++) {
        own += u32(key_of(logits[i]) == key);
    }
    counts[lane] = own;
    if lane == 0u {
        // Where every logit is NaN.
        recent[params.place] = 0u;
    }
    storageBarrier();
    workgroupBarrier();
    var is_here = total > 0u;
    for (var i = 0u; i < lane; i++) {
        is_here = is_here && counts[i] <= left;
        left -= min(left, counts[i]);
    }
    for (var i = start; i < end && is_here; i++) {
        if key_of(logits[i]) == key {
            if left == 0u {
                recent[params.place] = i;
                is_here = false;
            }
            left -= min(left, 1u);
        }
    }
}
