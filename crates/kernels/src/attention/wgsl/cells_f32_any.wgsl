// Four elements of a cell, or those that are left and zeros: CELLS is an array of f32.

fn CELLS_four(cell: u32, four: u32) -> vec4<f32> {
    var values = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        if 4u * four + i < HEAD_DIM {
            values[i] = CELLS[cell * HEAD_DIM + 4u * four + i];
        }
    }
    return values;
}
