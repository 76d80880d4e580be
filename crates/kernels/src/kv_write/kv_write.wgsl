// Writes the keys or values of a step into a cache, a pair of elements an invocation. See mod.rs for the contract.

struct Params {
    // Pairs of elements of x.
    elements: u32,
    n_kv_heads: u32,
    n_sequences: u32,
    n_ctx: u32,
    // Pairs of a cell.
    pairs: u32,
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
    let pair = i % params.pairs;
    let head = (i / params.pairs) % params.n_kv_heads;
    let token = i / (params.pairs * params.n_kv_heads);
    let cell = (head * params.n_sequences + u32(sequences[token])) * params.n_ctx + u32(positions[token]);
    store(cell * params.pairs + pair, x[2u * i], x[2u * i + 1u]);
}
