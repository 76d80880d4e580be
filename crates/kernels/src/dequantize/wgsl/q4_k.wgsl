fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return bits_of_bytes(u32_at(at + 16u + (piece >> 1u) * 32u + 4u * j), (piece & 1u) << 2u, 15u);
}
