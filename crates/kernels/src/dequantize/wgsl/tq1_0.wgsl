// Pieces of 16. A byte is a fraction of 256 whose digits in base 3 are the codes.
fn scale_of(at: u32, piece: u32) -> vec2<f32> {
    let d = half_at(at + 52u);
    return vec2<f32>(d, 0.0);
}

// Digit `n`, from 0 to 4, of each of four bytes.
fn digits(bytes: u32, n: u32) -> vec4<f32> {
    var powers = array<u32, 5>(1u, 3u, 9u, 27u, 81u);
    let all = vec4<u32>(bytes, bytes >> 8u, bytes >> 16u, bytes >> 24u) & vec4<u32>(255u);
    let rest = (all * powers[n]) & vec4<u32>(255u);
    return vec4<f32>((rest * 3u) >> vec4<u32>(8u)) - vec4<f32>(1.0);
}

fn codes_of(at: u32, piece: u32, j: u32) -> vec4<f32> {
    if piece < 10u {
        return digits(u32_at(at + (piece & 1u) * 16u + 4u * j), piece >> 1u);
    }
    if piece < 15u {
        return digits(u32_at(at + 32u + 4u * j), piece - 10u);
    }
    return digits(u32_at(at + 48u), j);
}
