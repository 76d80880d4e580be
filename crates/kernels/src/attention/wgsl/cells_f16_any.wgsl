// Four elements of a cell of halves, or the two that are left and zeros: CELLS is an array of u32.

fn CELLS_four(cell: u32, four: u32) -> vec4<f32> {
    let at = cell * (HEAD_DIM / 2u) + 2u * four;
    var values = vec4<f32>(unpack2x16float(CELLS[at]), 0.0, 0.0);
    if 4u * four + 2u < HEAD_DIM {
        values = vec4<f32>(values.xy, unpack2x16float(CELLS[at + 1u]));
    }
    return values;
}
