// Pieces of 16: one scale each; every eight elements have a shift of their own.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    var d = 0u;
    for (var i = 0u; i < 4u; i++) {
        d |= (u16_at(at + 48u + 2u * i) >> 12u) << (4u * i);
    }
    let code = u16_at(at + 48u + 2u * (piece >> 2u)) >> (3u * (piece & 3u));
    return vec2<f32>(half(d) * f32(2u * (code & 7u) + 1u) * 0.125, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let i = 2u * piece + (j >> 1u);
    let high = byte_at(at + 32u + (i >> 1u)) >> ((i & 1u) << 2u);
    let number = byte_at(at + i) | ((high & 7u) << 8u);
    let shift = select(1.0, -1.0, (high & 8u) != 0u);
    return 8.0 * signed_bytes(table[2u * number + (j & 1u)]) + vec4<f32>(shift);
}
