fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let d = half_at(at + 64u);
    return vec2<f32>(d, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return bits_of_bytes(u32_at(at + (piece >> 2u) * 32u + 4u * j), 2u * (piece & 3u), 3u) - vec4<f32>(1.0);
}
