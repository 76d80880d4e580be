fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let d = half_at(at);
    return vec2<f32>(d, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let low = bits_of_bytes(u32_at(at + 6u + 4u * (j & 3u)), (j >> 2u) << 2u, 15u);
    let high = u32_at(at + 2u) >> (4u * j);
    return low + vec4<f32>((vec4<u32>(high, high >> 1u, high >> 2u, high >> 3u) & vec4<u32>(1u)) << vec4<u32>(4u)) - vec4<f32>(16.0);
}
