fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let low = bits_of_bytes(u32_at(at + 48u + (piece >> 1u) * 32u + 4u * j), (piece & 1u) << 2u, 15u);
    return low + 16.0 * bits_of_bytes(u32_at(at + 16u + 4u * j), piece, 1u);
}
