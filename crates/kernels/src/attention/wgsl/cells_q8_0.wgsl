// Four elements of a cell of Q8_0 blocks: 17 half words each, a scale and 32 codes. CELLS is an array of u32.

fn CELLS_four(cell: u32, four: u32) -> vec4<f32> {
    let block = 17u * (cell * (HEAD_DIM / 32u) + four / 8u);
    let scale = half((CELLS[block >> 1u] >> ((block & 1u) << 4u)) & 0xffffu);
    let at = block + 1u + 2u * (four % 8u);
    var codes = CELLS[at >> 1u];
    if (at & 1u) == 1u {
        codes = (codes >> 16u) | (CELLS[(at >> 1u) + 1u] << 16u);
    }
    let tops = vec4<u32>(codes << 24u, codes << 16u, codes << 8u, codes);
    return scale * vec4<f32>(bitcast<vec4<i32>>(tops) >> vec4<u32>(24u));
}
