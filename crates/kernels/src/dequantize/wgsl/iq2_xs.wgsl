// Pieces of 16: one scale each.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let code = byte_at(at + 66u + (piece >> 1u)) >> ((piece & 1u) << 2u);
    return vec2<f32>(half_at(at) * (0.5 + f32(code & 15u)) * 0.25, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let word = u16_at(at + 2u + 4u * piece + 2u * (j >> 1u));
    return signed(table[2u * (word & 511u) + (j & 1u)], eight_signs(word >> 9u) >> ((j & 1u) << 2u));
}
