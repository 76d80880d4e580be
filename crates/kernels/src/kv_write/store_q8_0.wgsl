// A block of Q8_0: 17 half words, a scale and 32 codes. Of a word that two blocks share each invocation changes its half.

fn put_CACHE(at: u32, bits: u32) {
    let shift = (at & 1u) << 4u;
    atomicAnd(&CACHE[at >> 1u], 0xffff0000u >> shift);
    atomicOr(&CACHE[at >> 1u], bits << shift);
}

// A scale as it is stored: rounded to 11 bits, as where activations are rounded, and then to a half.
fn scale_bits_CACHE(scale: f32) -> u32 {
    let bits = bitcast<u32>(scale);
    return half_bits(bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u));
}

fn store_CACHE(unit: u32, first: u32) {
    var values = array<f32, 32>();
    // As an integer, so that NaN is the largest.
    var largest = 0u;
    for (var i = 0u; i < 32u; i++) {
        values[i] = value_CACHE(first + i);
        largest = max(largest, bitcast<u32>(values[i]) & 0x7fffffffu);
    }
    var scale = 0x7e00u;
    var inverse = 0.0;
    if largest < 0x7f800000u {
        let quotient = bitcast<f32>(largest) / 127.0;
        scale = 0u;
        // Below it, a block is 0.
        if quotient >= 1.17549435e-38 {
            scale = scale_bits_CACHE(quotient);
            inverse = 127.0 / bitcast<f32>(largest);
        }
    }
    let at = 17u * unit;
    put_CACHE(at, scale);
    for (var i = 0u; i < 16u; i++) {
        var codes = vec2<f32>(0.0);
        if inverse > 0.0 {
            codes = round(vec2<f32>(values[2u * i], values[2u * i + 1u]) * inverse);
        }
        let bits = bitcast<vec2<u32>>(vec2<i32>(codes)) & vec2<u32>(255u);
        put_CACHE(at + 1u + i, bits.x | (bits.y << 8u));
    }
}
