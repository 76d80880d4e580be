// A pass of a selection: the weight of the tokens by a byte of their keys, among those with the bytes found before.

var<workgroup> local: array<atomic<u32>, LOCAL>;

// So many tokens of this key.
fn count(key: u32, tokens: u32) {
    if params.level > 0u && key >> (32u - 8u * params.level) != state.prefix {
        return;
    }
    let at = 3u * ((key >> (24u - 8u * params.level)) & 255u);
    let high = weight_of(key, params.how) * BITS;
    let middle = (high - floor(high)) * BITS;
    let low = (middle - floor(middle)) * BITS;
    atomicAdd(&local[at], tokens * u32(high));
    atomicAdd(&local[at + 1u], tokens * u32(middle));
    atomicAdd(&local[at + 2u], tokens * u32(low));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if params.number > 0u {
        resolve(lane);
    } else {
        if lane == 0u {
            state = State(0u, 0u, 0u, 0.0, 0.0);
        }
        workgroupBarrier();
    }
    for (var i = lane; i < LOCAL; i += WORKGROUP) {
        atomicStore(&local[i], 0u);
    }
    workgroupBarrier();
    if group.x == 0u && lane == 0u {
        keep_state();
        if state.of_floor > 0u {
            count(state.floor, state.of_floor);
        }
    }
    let start = group.x * params.slice;
    let end = min(start + params.slice, params.n);
    for (var i = start + lane; i < end; i += WORKGROUP) {
        let key = key_of(logits[i]);
        if key > state.floor {
            count(key, 1u);
        }
    }
    workgroupBarrier();
    for (var i = lane; i < LOCAL; i += WORKGROUP) {
        let sum = atomicLoad(&local[i]);
        if sum > 0u {
            atomicAdd(&counters[params.number * LOCAL + i], sum);
        }
    }
}
