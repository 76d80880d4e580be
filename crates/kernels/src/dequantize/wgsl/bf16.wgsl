fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    return vec2<f32>(1.0, 0.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    let a = w[at >> 2u];
    let b = w[(at >> 2u) + 1u];
    return bitcast<vec4<f32>>(vec4<u32>(a << 16u, a & 0xffff0000u, b << 16u, b & 0xffff0000u));
}
