//! The clean-up of decoded text that older byte-level models ask for (`clean_up_tokenization_spaces`).

/// Drops the space before `?`, `!`, `.`, `,`, both spaces around a lone `'`, and the space before `'s`, `'m`, `'re`, `'ve`.
///
/// In this order, each over the whole text, as llama.cpp does it.
pub(crate) fn clean_spaces(text: &[u8]) -> Vec<u8> {
    let text = before_punctuation(text);
    let text = around_apostrophe(&text);
    before_contraction(&text)
}

fn before_punctuation(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut previous = None;
    for &byte in text {
        if previous == Some(b' ') && matches!(byte, b'?' | b'!' | b'.' | b',') {
            out.pop();
        }
        out.push(byte);
        previous = Some(byte);
    }
    out
}

fn around_apostrophe(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut previous = None;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let alone = byte == b'\'' && previous == Some(b' ') && bytes.peek() == Some(&b' ');
        previous = Some(byte);
        if alone {
            out.pop();
            bytes.next();
            previous = None;
        }
        out.push(byte);
    }
    out
}

fn before_contraction(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut previous = None;
    for (at, &byte) in text.iter().enumerate() {
        let rest = text.get(at..).unwrap_or(&[]);
        let short = [&b"'s"[..], b"'m", b"'re", b"'ve"]
            .iter()
            .any(|form| rest.starts_with(form));
        if previous == Some(b' ') && short {
            out.pop();
        }
        out.push(byte);
        previous = Some(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean_spaces;

    #[test]
    fn the_three_rules_in_order() {
        let cases = [
            ("a ! b ?  .", "a! b? ."),
            (
                "it 's we 're I 'm they 've he 'd you 'll",
                "it's we're I'm they've he 'd you 'll",
            ),
            ("a ' b ' c", "a'b'c"),
            ("' a", "' a"),
            ("", ""),
            (" ", " "),
            (" .", "."),
        ];
        for (text, cleaned) in cases {
            assert_eq!(
                String::from_utf8(clean_spaces(text.as_bytes())).unwrap(),
                cleaned,
                "{text:?}"
            );
        }
    }
}
