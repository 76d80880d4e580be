fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let d = half_at(at);
    return vec2<f32>(d, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let bits = byte_at(at + 2u + 4u * piece + (j >> 1u)) >> ((j & 1u) << 2u);
    return 2.0 * vec4<f32>(vec4<u32>(bits, bits >> 1u, bits >> 2u, bits >> 3u) & vec4<u32>(1u)) - vec4<f32>(1.0);
}
