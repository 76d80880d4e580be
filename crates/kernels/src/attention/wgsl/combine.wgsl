// The parts of a query's keys put together: an invocation for each four elements of the output.

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.x + id.y * groups.x * WORKGROUP;
    let four = i % FOURS;
    let row = i / FOURS;
    let token = row / N_HEADS;
    if token >= params.tokens {
        return;
    }
    let seen = sees(token, text_end(token));
    let length = part_length(seen);
    let first = row * PARTS;
    let end = first + (seen.y - seen.x + length - 1u) / length;
    var largest = LOWEST;
    for (var part = first; part < end; part++) {
        largest = max(largest, part_sums[part].x);
    }
    var sum = 0.0;
    var values = vec4<f32>(0.0);
    for (var part = first; part < end; part++) {
        let shrink = exp(part_sums[part].x - largest);
        sum += shrink * part_sums[part].y;
        values += shrink * part_values[part * FOURS + four];
    }
    store(row, four, values * share_of(row % N_HEADS, largest, sum));
}
