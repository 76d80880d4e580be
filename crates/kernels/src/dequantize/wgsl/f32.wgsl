fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    return vec2<f32>(1.0, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let i = at >> 2u;
    return bitcast<vec4<f32>>(vec4<u32>(w[i], w[i + 1u], w[i + 2u], w[i + 3u]));
}
