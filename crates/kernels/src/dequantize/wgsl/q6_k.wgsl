// Pieces of 16: one scale each.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let d = half_at(at + 208u) * f32(signed_byte_at(at + 192u + piece));
    return vec2<f32>(d, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let half = piece >> 3u;
    let run = (piece >> 1u) & 3u;
    let byte = (piece & 1u) * 16u + 4u * j;
    let low = bits_of_bytes(u32_at(at + half * 64u + (run & 1u) * 32u + byte), (run >> 1u) << 2u, 15u);
    return low + 16.0 * bits_of_bytes(u32_at(at + 128u + half * 32u + byte), 2u * run, 3u) - vec4<f32>(32.0);
}
