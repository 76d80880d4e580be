fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    return vec2<f32>(half_at(at), half_at(at + 2u));
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let low = bits_of_bytes(u32_at(at + 8u + 4u * (j & 3u)), (j >> 2u) << 2u, 15u);
    let high = u32_at(at + 4u) >> (4u * j);
    return low + vec4<f32>((vec4<u32>(high, high >> 1u, high >> 2u, high >> 3u) & vec4<u32>(1u)) << vec4<u32>(4u));
}
