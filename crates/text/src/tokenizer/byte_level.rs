//! The byte ↔ character map of byte-level BPE (GPT-2): every byte has a printable character.
//!
//! Printable Latin-1 bytes stand for themselves; the 68 others (controls, space, 0x7F–0xA0, 0xAD) take U+0100 and up, in order.

/// Whether `byte` stands for itself.
fn is_printable(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The characters of the bytes that do not stand for themselves start here.
const SHIFTED: u32 = 0x100;

/// The bytes that do not stand for themselves, in order.
fn shifted_bytes() -> impl Iterator<Item = u8> {
    (0x00..=0x20).chain(0x7F..=0xA0).chain([0xAD])
}

/// The character that stands for `byte`.
pub(crate) fn char_of(byte: u8) -> char {
    let place = (SHIFTED..)
        .zip(shifted_bytes())
        .find(|&(_, shifted)| shifted == byte);
    place
        .and_then(|(code, _)| char::from_u32(code))
        .unwrap_or(char::from(byte))
}

/// The byte that `character` stands for.
pub(crate) fn byte_of(character: char) -> Option<u8> {
    match u32::from(character) {
        code @ ..SHIFTED => u8::try_from(code).ok().filter(|&byte| is_printable(byte)),
        code @ SHIFTED..=0x120 => u8::try_from(code - SHIFTED).ok(),
        code @ 0x121..=0x142 => u8::try_from(code - 0x121 + 0x7F).ok(),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// The bytes that `token` stands for. Characters that stand for no byte are kept as they are.
pub(crate) fn decode(token: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(token.len());
    for chunk in token.utf8_chunks() {
        for character in chunk.valid().chars() {
            match byte_of(character) {
                Some(byte) => out.push(byte),
                None => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_character() {
        for byte in 0..=255u8 {
            assert_eq!(byte_of(char_of(byte)), Some(byte));
        }
        // GPT-2's encoder.json: space is Ġ, newline Ċ, tab ĉ, the soft hyphen the last of the shifted ones.
        assert_eq!(
            (char_of(b' '), char_of(b'\n'), char_of(b'\t'), char_of(0xAD)),
            ('Ġ', 'Ċ', 'ĉ', 'Ń')
        );
        assert_eq!(byte_of('\u{144}'), None);
        assert_eq!(byte_of(' '), None);
        assert_eq!(decode("Ġa ▁".as_bytes()), " a ▁".as_bytes());
    }
}
