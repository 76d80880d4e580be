// Four values in a word, signed bytes.
fn value_of(code: u32) -> f32 {
    var words = vec4<u32>(0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u);
    let word = words[code >> 2u];
    return f32(i32(word << (24u - ((code & 3u) << 3u))) >> 24u);
}
