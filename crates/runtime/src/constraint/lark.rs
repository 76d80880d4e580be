//! Lark grammars made ready for `llguidance`: its dialect, with two things done before it reads them.
//!
//! `<name>` becomes the number of the token of that text: `llguidance` would find control tokens only, and vocabularies differ in whether
//! `<tool_call>` is one. A token whose text has no such brackets is named with them added: `<[TOOL_CALLS]>`. And each `%json {…}` is
//! prepared as a schema of its own would be; what its patterns spell out is given beside the grammar.

use hearth_text::Tokenizer;
use serde_json::Value;

use super::error::GrammarError;
use super::schema;
use super::words::{self, Words};

/// The grammar with numbers for names of tokens, and its schemas prepared, with the words of their patterns.
pub(super) fn prepare(
    tokenizer: &Tokenizer,
    grammar: &str,
) -> Result<(String, Vec<Words>), GrammarError> {
    let mut words = Vec::new();
    let mut out = String::with_capacity(grammar.len());
    let mut rest = grammar;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => quoted(rest, '"'),
            '/' if rest.starts_with("//") => line(rest),
            '/' => quoted(rest, '/'),
            '#' => line(rest),
            '%' => {
                let (read, written) = json(rest, &mut words)?;
                out.push_str(&written);
                rest = &rest[read..];
                continue;
            }
            '<' => match token(tokenizer, rest) {
                Some((read, id)) => {
                    out.push_str(&format!("<[{id}]>"));
                    rest = &rest[read..];
                    continue;
                }
                None => 1,
            },
            other => other.len_utf8(),
        };
        let (now, after) = rest.split_at(len);
        out.push_str(now);
        rest = after;
    }
    Ok((out, words))
}

/// Bytes up to the end of the line.
fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Bytes of a text or of a regular expression, with both marks. Neither goes on beyond its line.
fn quoted(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == mark => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Bytes of `%json {…}`, and what takes their place; of another word its percent sign.
fn json(text: &str, words: &mut Vec<Words>) -> Result<(usize, String), GrammarError> {
    const WORD: &str = "%json";
    let after = text.strip_prefix(WORD).map(str::trim_start);
    let Some(after) = after.filter(|after| after.starts_with('{')) else {
        return Ok((1, "%".to_owned()));
    };
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
    let schema = match values.next() {
        Some(Ok(schema)) => schema,
        Some(Err(error)) => {
            let message = error.to_string();
            return Err(GrammarError::NotJson { message });
        }
        None => return Ok((1, "%".to_owned())),
    };
    let read = text.len() - after.len() + values.byte_offset();
    let schema = schema::prepare(schema)?;
    words.extend(words::of_schema(&schema));
    Ok((read, format!("{WORD} {schema}")))
}

/// Bytes of `<name>`, and the token.
fn token(tokenizer: &Tokenizer, text: &str) -> Option<(usize, u32)> {
    let end = text.find('>')?;
    let (marked, name) = (&text[..=end], &text[1..end]);
    if name.is_empty() || name.contains(|c: char| c == '<' || c.is_whitespace()) {
        return None;
    }
    let id = tokenizer.token_id(marked).or_else(|| {
        // Numbers of tokens, and ranges of them, stand in brackets.
        let is_number = |c: char| c.is_ascii_digit() || "[]^*,-".contains(c);
        let is_name = !name.chars().all(is_number);
        is_name.then(|| tokenizer.token_id(name)).flatten()
    })?;
    Some((end + 1, id))
}
