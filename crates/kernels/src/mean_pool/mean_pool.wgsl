// Means over the rows of a sequence, an invocation for each element. See mod.rs for the contract.

struct Params {
    elements: u32,
    cols: u32,
    tokens: u32,
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
    let wanted = sequences[output_rows[i / params.cols]];
    let column = i % params.cols;
    var sum = 0.0;
    var count = 0u;
    for (var row = 0u; row < params.tokens; row++) {
        if sequences[row] == wanted {
            sum += x[row * params.cols + column];
            count++;
        }
    }
    y[i] = sum / f32(count);
}
