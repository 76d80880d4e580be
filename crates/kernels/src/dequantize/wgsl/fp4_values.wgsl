// Four values in a word; the fourth bit is the sign.
fn value_of(code: u32) -> f32 {
    var words = vec2<u32>(0x03020100u, 0x0c080604u);
    let value = f32((words[(code >> 2u) & 1u] >> ((code & 3u) << 3u)) & 255u);
    return select(value, -value, code >= 8u);
}
