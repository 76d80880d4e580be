// Pieces of 16, each with an unsigned E4M3 number, of which half is taken: the codebook holds doubled values. The code for NaN is 0.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let x = byte_at(at + piece) & 127u;
    if x == 127u {
        return vec2<f32>(0.0, 0.0);
    }
    return vec2<f32>(half(x << 7u) * 128.0, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return looked_up(u32_at(at + 4u + 8u * piece + 4u * (j & 1u)), (j >> 1u) << 2u);
}
