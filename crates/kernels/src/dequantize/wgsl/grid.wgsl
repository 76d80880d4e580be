// Four elements of a codebook in `table`, as signed bytes; those whose bit of `signs` is set are negated.
fn signed(word: u32, signs: u32) -> vec4<f32> {
    let bits = vec4<u32>(signs, signs >> 1u, signs >> 2u, signs >> 3u) & vec4<u32>(1u);
    return signed_bytes(word) * (1.0 - 2.0 * vec4<f32>(bits));
}

// Eight signs from seven bits: the eighth makes the number of negative ones even.
fn eight_signs(bits: u32) -> u32 {
    let seven = bits & 127u;
    return seven | ((countOneBits(seven) & 1u) << 7u);
}
