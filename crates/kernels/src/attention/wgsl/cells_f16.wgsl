// Four elements of a cell of halves: CELLS is an array of vec2<u32>.

fn CELLS_four(cell: u32, four: u32) -> vec4<f32> {
    let bits = CELLS[cell * FOURS + four];
    return vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
}
