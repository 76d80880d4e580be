// The largest key over a workgroup, and the first token that has it. Every invocation must come here.

var<workgroup> keys: array<u32, WORKGROUP>;
var<workgroup> ids: array<u32, WORKGROUP>;

fn best_of_workgroup(lane: u32, key: u32, id: u32) -> vec2<u32> {
    keys[lane] = key;
    ids[lane] = id;
    for (var step = WORKGROUP / 2u; step > 0u; step >>= 1u) {
        workgroupBarrier();
        if lane < step {
            let other = keys[lane + step];
            let is_first = other == keys[lane] && ids[lane + step] < ids[lane];
            if other > keys[lane] || is_first {
                keys[lane] = other;
                ids[lane] = ids[lane + step];
            }
        }
    }
    workgroupBarrier();
    return vec2<u32>(keys[0], ids[0]);
}
