//! The words that patterns spell out, and a character of each class: where a text must have some of them before it may end, they are
//! hard to find by trying.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};
use serde_json::Value;

/// Patterns with more words are left to trying.
const MOST_WORDS: usize = 96;
/// What is repeated counts so often at most.
const MOST_TIMES: u32 = 16;
/// Of a class one of these is taken, if it has one.
const PLAIN: &str = "a0A-/. ";

/// The words of one pattern, in its order, as they are written inside a JSON text or outside of one.
pub(super) type Words = Vec<Vec<u8>>;

/// Of the patterns in a schema that is ready to be compiled.
pub(super) fn of_schema(schema: &Value) -> Vec<Words> {
    let mut all = Vec::new();
    let mut rest = vec![schema];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(list) => rest.extend(list),
            Value::Object(map) => {
                if let Some(pattern) = map.get("pattern").and_then(Value::as_str) {
                    all.extend(
                        of_pattern(pattern)
                            .map(|words| words.iter().map(|word| escaped(word)).collect()),
                    );
                }
                rest.extend(map.values());
            }
            _ => {}
        }
    }
    all
}

/// Of a regular expression that stands for itself.
pub(super) fn of_regex(pattern: &str) -> Vec<Words> {
    let words = of_pattern(pattern).into_iter();
    words
        .map(|words| words.into_iter().map(String::into_bytes).collect())
        .collect()
}

fn of_pattern(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut words = Vec::new();
    collect(&hir, &mut words);
    let is_fit = !words.is_empty() && words.len() <= MOST_WORDS;
    is_fit.then_some(words)
}

fn collect(hir: &Hir, words: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            words.extend(std::str::from_utf8(&literal.0).map(str::to_owned));
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.clamp(1, MOST_TIMES) {
                collect(&repetition.sub, words);
            }
        }
        HirKind::Class(Class::Unicode(class)) => words.extend(one_of(class).map(String::from)),
        HirKind::Capture(capture) => collect(&capture.sub, words),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| collect(part, words));
        }
        HirKind::Empty | HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => {}
    }
}

/// A character of the class.
fn one_of(class: &ClassUnicode) -> Option<char> {
    let has = |c: &char| {
        let mut ranges = class.iter();
        ranges.any(|range| (range.start()..=range.end()).contains(c))
    };
    let first = class.iter().next().map(|range| range.start());
    PLAIN.chars().find(has).or(first)
}

/// As it is written inside a JSON text.
fn escaped(word: &str) -> Vec<u8> {
    let quoted = Value::from(word).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_those_that_are_spelled_out() {
        let words = |pattern| of_pattern(pattern).unwrap_or_default();
        assert_eq!(words(r"\x{2e}json$"), [".json"]);
        assert_eq!(
            words("^[a-z]+-(?:one|two)x?$"),
            ["a", "-", "one", "two", "x"]
        );
        assert_eq!(words("^[1-9]{3}[^a0]$"), ["1", "1", "1", "A"]);
        assert_eq!(words("^$"), [""; 0]);
    }

    #[test]
    fn words_are_found_wherever_a_schema_has_patterns() {
        let schema = json!({ "properties": { "a": { "pattern": "\"$" }, "pattern": { "type": "string" } },
            "anyOf": [{ "pattern": "end$" }] });
        let mut all = of_schema(&schema);
        all.sort();
        assert_eq!(all, [vec![b"\\\"".to_vec()], vec![b"end".to_vec()]]);
    }
}
