//! Tokens to text while they are generated, never breaking inside a character.

use crate::tokenizer::Tokenizer;

/// Turns tokens into text one by one. Bytes that may yet become a character are held back; bytes that cannot become one
/// are U+FFFD, exactly as `String::from_utf8_lossy` over all bytes at once would have it.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    special: bool,
    /// The first bytes of a character: at most three.
    held: Vec<u8>,
}

impl StreamDecoder {
    /// A decoder that shows control tokens if `special`, and otherwise skips them.
    pub fn new(special: bool) -> Self {
        StreamDecoder {
            special,
            held: Vec::new(),
        }
    }

    /// Takes the next token; returns the text that it completes, which may be empty.
    ///
    /// Unlike [`Tokenizer::decode`] this keeps the first token's leading space: what comes before it is not known here.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        if !self.special && tokenizer.is_hidden(id) {
            return String::new();
        }
        self.push_bytes(&tokenizer.token_bytes(id))
    }

    /// Takes the next bytes; returns the text that they complete.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut out = String::with_capacity(self.held.len());
        let mut rest: &[u8] = &self.held;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    out.push_str(text);
                    rest = &[];
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    // Valid by the check just made; the lossy form only spares a second check's error path.
                    out.push_str(&String::from_utf8_lossy(valid));
                    rest = after;
                    if let Some(len) = error.error_len() {
                        out.push(char::REPLACEMENT_CHARACTER);
                        rest = after.get(len..).unwrap_or(&[]);
                        continue;
                    }
                }
            }
            break;
        }
        self.held = rest.to_vec();
        out
    }

    /// Ends the text: what is held back will not become a character, and is U+FFFD.
    pub fn flush(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        String::from_utf8_lossy(&held).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_chunks(bytes: &[u8], chunks: &[usize]) -> String {
        let mut decoder = StreamDecoder::default();
        let (mut out, mut rest) = (String::new(), bytes);
        for &len in chunks {
            let (head, tail) = rest.split_at(len.min(rest.len()));
            out += &decoder.push_bytes(head);
            rest = tail;
        }
        out + &decoder.push_bytes(rest) + &decoder.flush()
    }

    #[test]
    fn a_character_comes_whole() {
        let mut decoder = StreamDecoder::default();
        let llama = "🦙".as_bytes();
        assert_eq!(decoder.push_bytes(&llama[..3]), "");
        assert_eq!(decoder.push_bytes(&llama[3..]), "🦙");
        assert_eq!(decoder.push_bytes(&llama[..2]), "");
        assert_eq!(decoder.push_bytes(b"a"), "\u{FFFD}a");
        assert_eq!(decoder.push_bytes(&llama[..1]), "");
        assert_eq!(decoder.flush(), "\u{FFFD}");
        assert_eq!(decoder.flush(), "");
    }

    proptest! {
        #[test]
        fn text_does_not_depend_on_chunks(text in ".{0,40}", chunks in prop::collection::vec(0usize..5, 0..40)) {
            prop_assert_eq!(in_chunks(text.as_bytes(), &chunks), text);
        }

        #[test]
        fn any_bytes_are_what_the_lossy_conversion_makes_of_them(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80u8..0xC0, Just(0xF0), Just(0xE2)], 0..40),
            chunks in prop::collection::vec(0usize..5, 0..40),
        ) {
            prop_assert_eq!(in_chunks(&bytes, &chunks), String::from_utf8_lossy(&bytes));
        }
    }
}
