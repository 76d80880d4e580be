// How often the chosen logit occurs in each workgroup's slice.

var<workgroup> occurrences: atomic<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    resolve(lane);
    if lane == 0u {
        atomicStore(&occurrences, 0u);
        if group.x == 0u {
            keep_state();
        }
    }
    workgroupBarrier();
    let start = group.x * params.slice;
    let end = min(start + params.slice, params.n);
    for (var i = start + lane; i < end; i += WORKGROUP) {
        if key_of(logits[i]) == state.floor {
            atomicAdd(&occurrences, 1u);
        }
    }
    workgroupBarrier();
    if lane == 0u {
        work[COUNTS + group.x] = atomicLoad(&occurrences);
    }
}
