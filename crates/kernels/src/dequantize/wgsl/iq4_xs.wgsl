fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let low = byte_at(at + 4u + (piece >> 1u)) >> ((piece & 1u) << 2u);
    let high = u16_at(at + 2u) >> (2u * piece);
    return vec2<f32>(half_at(at) * (f32((low & 15u) | ((high & 3u) << 4u)) - 32.0), 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return looked_up(u32_at(at + 8u + 16u * piece + 4u * (j & 3u)), (j >> 2u) << 2u);
}
