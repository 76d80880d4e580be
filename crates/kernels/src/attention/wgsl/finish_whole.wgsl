// The only part of a query's keys: its values are the output.

fn finish(row: u32, part: u32, four: u32, values: vec4<f32>, largest: f32, sum: f32) {
    store(row, four, values * share_of(row % N_HEADS, largest, sum));
}
