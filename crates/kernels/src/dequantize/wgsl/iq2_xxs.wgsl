fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let code = u32_at(at + 2u + 8u * piece + 4u) >> 28u;
    return vec2<f32>(half_at(at) * (0.5 + f32(code)) * 0.25, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let group = at + 2u + 8u * piece;
    let vector = j >> 1u;
    let signs = eight_signs(u32_at(group + 4u) >> (7u * vector));
    return signed(table[2u * byte_at(group + vector) + (j & 1u)], signs >> ((j & 1u) << 2u));
}
