// Pieces of 16: one scale each.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let code = byte_at(at + 74u + (piece >> 1u)) >> ((piece & 1u) << 2u);
    return vec2<f32>(half_at(at) * (0.5 + f32(code & 15u)) * 0.25, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let i = 2u * piece + (j >> 1u);
    let high = (byte_at(at + 66u + (i >> 2u)) >> ((i & 3u) << 1u)) & 3u;
    let number = byte_at(at + 2u + i) | (high << 8u);
    return signed(table[2u * number + (j & 1u)], byte_at(at + 34u + i) >> ((j & 1u) << 2u));
}
