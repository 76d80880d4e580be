// One part of several: what `combine` needs of it.

fn finish(row: u32, part: u32, four: u32, values: vec4<f32>, largest: f32, sum: f32) {
    let at = row * PARTS + part;
    part_values[at * FOURS + four] = values;
    if four == 0u {
        part_sums[at] = vec2<f32>(largest, sum);
    }
}
