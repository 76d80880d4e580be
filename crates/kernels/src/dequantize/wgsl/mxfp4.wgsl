// Half of 2^(e - 127): the codebook holds doubled values. The two smallest are subnormal, which a device may take for 0, so the
// factor is applied in two steps.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let e = byte_at(at);
    if e < 2u {
        return vec2<f32>(0.0, 0.0);
    }
    return vec2<f32>(bitcast<f32>((e - 1u) << 23u), 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return looked_up(u32_at(at + 1u + 4u * (j & 3u)), (j >> 2u) << 2u);
}
