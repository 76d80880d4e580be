// Four elements of the output, or those that are left.

fn store(row: u32, four: u32, values: vec4<f32>) {
    for (var i = 0u; i < 4u; i++) {
        if 4u * four + i < HEAD_DIM {
            y[row * HEAD_DIM + 4u * four + i] = values[i];
        }
    }
}
