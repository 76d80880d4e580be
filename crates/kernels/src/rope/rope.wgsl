// Turns pairs of a head's elements by angles that grow with the position, an invocation for each pair or element behind them. See
// mod.rs for the contract.

struct Params {
    // Invocations: tokens * heads * per_head.
    elements: u32,
    cols: u32,
    per_head: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let number = id.x + id.y * groups.x * WORKGROUP;
    if number >= params.elements {
        return;
    }
    let pair = number % params.per_head;
    let head = number / params.per_head;
    let heads = params.cols / HEAD_DIM;
    let token = head / heads;
    let start = head * HEAD_DIM;
    if pair >= PAIRS {
        let i = start + PAIRS + pair;
        y[i] = x[i];
        return;
    }
    let first = start + select(pair, 2u * pair, INTERLEAVED);
    let second = select(first + PAIRS, first + 1u, INTERLEAVED);
    let turn = cos_sin(f32(positions[token]) * inv_freq[pair]);
    let a = x[first];
    let b = x[second];
    y[first] = MAGNITUDE * (a * turn.x - b * turn.y);
    y[second] = MAGNITUDE * (a * turn.y + b * turn.x);
}
