// The 6-bit scales and minima of Q4_K and Q5_K: `d`, `dmin`, then twelve bytes.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let scales = at + 4u;
    var scale = 0u;
    var minimum = 0u;
    if piece < 4u {
        scale = byte_at(scales + piece) & 63u;
        minimum = byte_at(scales + piece + 4u) & 63u;
    } else {
        let low = byte_at(scales + piece + 4u);
        scale = (low & 15u) | ((byte_at(scales + piece - 4u) >> 6u) << 4u);
        minimum = (low >> 4u) | ((byte_at(scales + piece) >> 6u) << 4u);
    }
    return vec2<f32>(half_at(at) * f32(scale), -(half_at(at + 2u) * f32(minimum)));
}
