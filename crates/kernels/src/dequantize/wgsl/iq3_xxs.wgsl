fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let code = u32_at(at + 66u + 4u * piece) >> 28u;
    return vec2<f32>(half_at(at) * (0.5 + f32(code)) * 0.5, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let signs = eight_signs(u32_at(at + 66u + 4u * piece) >> ((j >> 1u) * 7u));
    return signed(table[byte_at(at + 2u + 8u * piece + j)], signs >> ((j & 1u) << 2u));
}
