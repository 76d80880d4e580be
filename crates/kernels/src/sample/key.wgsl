// Logits as whole numbers in the order of their size; 0 for NaN. Infinities are compared as such numbers alone: shaders
// may take for granted that there are none.

const INFINITE: u32 = 0xff800000u;
const MINUS_INFINITE: u32 = 0x007fffffu;
const MINUS_ZERO: u32 = 0x7fffffffu;
const ZERO: u32 = 0x80000000u;

fn key_of(bits: u32) -> u32 {
    if (bits & 0x7fffffffu) > 0x7f800000u {
        return 0u;
    }
    return bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
}

fn logit_of(key: u32) -> f32 {
    return bitcast<f32>(key ^ select(0xffffffffu, 0x80000000u, key >= 0x80000000u));
}
