fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let code = byte_at(at + 106u + (piece >> 1u)) >> ((piece & 1u) << 2u);
    return vec2<f32>(half_at(at) * (1.0 + 2.0 * f32(code & 15u)), 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let i = 8u * piece + j;
    let high = (byte_at(at + 66u + piece) >> j) & 1u;
    let signs = byte_at(at + 74u + (i >> 1u)) >> ((j & 1u) << 2u);
    return signed(table[byte_at(at + 2u + i) | (high << 8u)], signs);
}
