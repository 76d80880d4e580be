// In units of an eighth, by which all of a group are shifted up or down.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let word = u16_at(at + 34u + 2u * piece);
    let d = half_at(at) * f32(2u * ((word >> 12u) & 7u) + 1u) * 0.125;
    return vec2<f32>(8.0 * d, select(d, -d, (word >> 15u) == 1u));
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let vector = j >> 1u;
    let high = (u16_at(at + 34u + 2u * piece) >> (3u * vector)) & 7u;
    let number = byte_at(at + 2u + 4u * piece + vector) | (high << 8u);
    return signed_bytes(table[2u * number + (j & 1u)]);
}
