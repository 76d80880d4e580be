// Pieces of 16: one scale each.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let low = byte_at(at + 96u + (piece & 7u)) >> ((piece >> 3u) << 2u);
    let high = byte_at(at + 104u + (piece & 3u)) >> ((piece >> 2u) << 1u);
    let d = half_at(at + 108u) * (f32((low & 15u) | ((high & 3u) << 4u)) - 32.0);
    return vec2<f32>(d, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let run = piece >> 1u;
    let byte = (piece & 1u) * 16u + 4u * j;
    let low = bits_of_bytes(u32_at(at + 32u + (run >> 2u) * 32u + byte), 2u * (run & 3u), 3u);
    return low + 4.0 * bits_of_bytes(u32_at(at + byte), run, 1u) - vec4<f32>(4.0);
}
