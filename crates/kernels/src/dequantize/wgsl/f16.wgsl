fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    return vec2<f32>(1.0, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    return vec4<f32>(half_at(at), half_at(at + 2u), half_at(at + 4u), half_at(at + 6u));
}
