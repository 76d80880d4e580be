// Four elements of a cell, whose cells are whole vectors: CELLS is an array of vec4<f32>.

fn CELLS_four(cell: u32, four: u32) -> vec4<f32> {
    return CELLS[cell * FOURS + four];
}
