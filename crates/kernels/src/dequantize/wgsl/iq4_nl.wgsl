fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    return vec2<f32>(half_at(at), 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return looked_up(u32_at(at + 2u + 4u * (j & 3u)), (j >> 2u) << 2u);
}
