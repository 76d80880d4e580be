// y[i, :] = w[ids[i], :], four elements an invocation. Before this stands the decoder of the weight's type.

struct Params {
    // Of four elements.
    elements: u32,
    // Fours of a row, and its bytes.
    cols: u32,
    row_bytes: u32,
    // Rows of the weight that are bound, and the number of the first; ids outside are another dispatch's.
    rows: u32,
    first: u32,
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
    let row = u32(ids[i / params.cols]) - params.first;
    if row >= params.rows {
        return;
    }
    let start = 4u * (i % params.cols);
    let block = start / BLOCK;
    let at = row * params.row_bytes + block * BLOCK_BYTES;
    let within = start - block * BLOCK;
    let scale = scale_of(at, within / PIECE);
    let values = scale.x * codes_of(at, within / PIECE, (within % PIECE) / 4u) + vec4<f32>(scale.y);
    y[4u * i] = values.x;
    y[4u * i + 1u] = values.y;
    y[4u * i + 2u] = values.z;
    y[4u * i + 3u] = values.w;
}
