// Sixteen values that 4-bit codes stand for: CODEBOOK, a constant array.
fn looked_up(bytes: u32, shift: u32) -> vec4<f32> {
    let codes = (vec4<u32>(bytes, bytes >> 8u, bytes >> 16u, bytes >> 24u) >> vec4<u32>(shift)) & vec4<u32>(15u);
    return vec4<f32>(value_of(codes.x), value_of(codes.y), value_of(codes.z), value_of(codes.w));
}
