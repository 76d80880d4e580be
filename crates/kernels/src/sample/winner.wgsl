// The largest of all workgroups' logits: the likeliest token.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
    var key = 0u;
    var id = 0u;
    if lane < params.groups {
        key = work[2u * lane];
        id = work[2u * lane + 1u];
    }
    let found = best_of_workgroup(lane, key, id);
    if lane == 0u {
        work[LARGEST] = found.x;
        if GREEDY {
            recent[params.place] = found.y;
        }
    }
}
