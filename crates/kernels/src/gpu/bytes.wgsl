// The bytes of a weight as the file has them, little-endian, in `w: array<u32>`. Addresses are in bytes.

fn byte_at(at: u32) -> u32 {
    return (w[at >> 2u] >> ((at & 3u) << 3u)) & 255u;
}

fn signed_byte_at(at: u32) -> i32 {
    return i32(byte_at(at) << 24u) >> 24u;
}

// At an even address.
fn u16_at(at: u32) -> u32 {
    return (w[at >> 2u] >> ((at & 2u) << 3u)) & 0xffffu;
}

// At any address.
fn u32_at(at: u32) -> u32 {
    let word = at >> 2u;
    let shift = (at & 3u) << 3u;
    if shift == 0u {
        return w[word];
    }
    return (w[word] >> shift) | (w[word + 1u] << (32u - shift));
}

fn half_at(at: u32) -> f32 {
    return half(u16_at(at));
}

// Bits `shift..shift + bits` of each byte, as numbers.
fn bits_of_bytes(bytes: u32, shift: u32, mask: u32) -> vec4<f32> {
    let all = vec4<u32>(bytes, bytes >> 8u, bytes >> 16u, bytes >> 24u) >> vec4<u32>(shift);
    return vec4<f32>(all & vec4<u32>(mask));
}

fn signed_bytes(bytes: u32) -> vec4<f32> {
    let all = vec4<i32>(vec4<u32>(bytes << 24u, bytes << 16u, bytes << 8u, bytes));
    return vec4<f32>(all >> vec4<u32>(24u));
}
