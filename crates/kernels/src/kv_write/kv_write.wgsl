// Writes the keys or values of a step into a cache, UNIT elements an invocation. See mod.rs for the contract. Before this stands
// `store_state` of the cache's type.

struct Params {
    // Units of x.
    units_of_x: u32,
    n_kv_heads: u32,
    n_sequences: u32,
    n_ctx: u32,
    // Units of a cell.
    units: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    if i >= params.units_of_x {
        return;
    }
    let unit = i % params.units;
    let head = (i / params.units) % params.n_kv_heads;
    let token = i / (params.units * params.n_kv_heads);
    let cell = (head * params.n_sequences + u32(sequences[token])) * params.n_ctx + u32(positions[token]);
    store_state(cell * params.units + unit, UNIT * i);
}
