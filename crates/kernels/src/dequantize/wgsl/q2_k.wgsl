// Pieces of 16: one scale each.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let both = byte_at(at + piece);
    return vec2<f32>(half_at(at + 80u) * f32(both & 15u), -(half_at(at + 82u) * f32(both >> 4u)));
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let run = piece >> 1u;
    let byte = (run >> 2u) * 32u + (piece & 1u) * 16u + 4u * j;
    return bits_of_bytes(u32_at(at + 16u + byte), 2u * (run & 3u), 3u);
}
