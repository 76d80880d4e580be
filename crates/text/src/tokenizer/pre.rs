//! Pre-tokenizers of BPE: how text is cut into words before merging.
//!
//! A family's patterns run one after the other. Each cuts the pieces that the last one left into its matches and what
//! lies between them; look-ahead does not see beyond a piece.

use fancy_regex::{Regex, RegexBuilder};

use super::families::{DIGITS_FROM_THE_RIGHT, FAMILIES, Family};
use super::source::VocabError;

/// The family of `tokenizer.ggml.pre`; a file without one gets `default`.
pub(crate) fn family(pre: Option<&str>) -> Result<&'static Family, VocabError> {
    let name = pre.filter(|name| !name.is_empty()).unwrap_or("default");
    FAMILIES
        .iter()
        .find(|family| family.names.contains(&name))
        .ok_or_else(|| VocabError::UnknownPreTokenizer {
            pre: name.to_owned(),
            known: pre_tokenizers().collect(),
        })
}

/// Every name of a pre-tokenizer that files may have.
pub fn pre_tokenizers() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.names).copied()
}

/// The compiled patterns of a family.
pub(crate) struct Splitter {
    patterns: Vec<Pattern>,
}

/// One way to cut a piece of text.
enum Pattern {
    Regex(Box<Regex>),
    DigitsFromTheRight,
}

impl Splitter {
    /// Compiles the patterns of `family`.
    pub(crate) fn new(family: &Family) -> Result<Self, VocabError> {
        let compile = |pattern: &'static str| {
            if pattern == DIGITS_FROM_THE_RIGHT {
                return Ok(Pattern::DigitsFromTheRight);
            }
            // No pattern of the table backtracks more than once per character, so length alone must not stop it.
            RegexBuilder::new(pattern)
                .backtrack_limit(usize::MAX)
                .build()
                .map(|regex| Pattern::Regex(Box::new(regex)))
                .map_err(|source| VocabError::Pattern {
                    family: family.names.first().copied().unwrap_or_default(),
                    pattern,
                    source: Box::new(source),
                })
        };
        let patterns = family
            .patterns
            .iter()
            .copied()
            .map(compile)
            .collect::<Result<_, _>>()?;
        Ok(Splitter { patterns })
    }

    /// The words of `text`: none is empty, and together they are `text`.
    pub(crate) fn split<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut pieces = vec![text];
        for pattern in &self.patterns {
            let mut next = Vec::with_capacity(text.len() / 4 + 1);
            for piece in pieces {
                match pattern {
                    Pattern::Regex(regex) => split_piece(regex, piece, &mut next),
                    Pattern::DigitsFromTheRight => split_digits(piece, &mut next),
                }
            }
            pieces = next;
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// Appends the matches of `pattern` in `piece` and what lies between them.
fn split_piece<'t>(pattern: &Regex, piece: &'t str, out: &mut Vec<&'t str>) {
    let mut at = 0;
    // A pattern that gave up would end the iteration; what is left then is one word, so no text is lost.
    for found in pattern.find_iter(piece).map_while(Result::ok) {
        if found.start() > at {
            out.extend(piece.get(at..found.start()));
        }
        out.extend(piece.get(found.start()..found.end()));
        at = found.end();
    }
    if at < piece.len() {
        out.extend(piece.get(at..));
    }
}

/// Cuts `piece` behind every third digit of a number, counted from its end: `ab1234` is `ab1`, `234`.
fn split_digits<'t>(piece: &'t str, out: &mut Vec<&'t str>) {
    let mut rest = piece;
    while let Some(number) = rest.find(char::is_numeric) {
        let digits = rest.get(number..).unwrap_or_default();
        let end = digits
            .find(|c: char| !c.is_numeric())
            .unwrap_or(digits.len());
        let number_text = digits.get(..end).unwrap_or_default();
        let mut left = number_text.chars().count();
        let mut cut = number;
        for digit in number_text.chars() {
            cut += digit.len_utf8();
            left -= 1;
            if left.is_multiple_of(3) {
                let (word, tail) = rest.split_at_checked(cut).unwrap_or((rest, ""));
                out.push(word);
                rest = tail;
                cut = 0;
            }
        }
    }
    out.push(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pre: &str, text: &str) -> Vec<String> {
        let splitter = Splitter::new(family(Some(pre)).unwrap()).unwrap();
        splitter
            .split(text)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_family_compiles_and_names_are_unique() {
        let mut names: Vec<_> = FAMILIES.iter().flat_map(|family| family.names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for family in FAMILIES {
            assert!(Splitter::new(family).is_ok(), "{:?}", family.names);
        }
    }

    #[test]
    fn words_are_cut_as_the_patterns_say() {
        assert_eq!(
            words("gpt-2", "I'll  go\n\n x12345"),
            ["I", "'ll", " ", " go", "\n\n", " x", "12345"]
        );
        assert_eq!(
            words("llama-bpe", "I'LL  go\n\n x12345 "),
            ["I", "'LL", " ", " go", "\n\n", " x", "123", "45", " "]
        );
        assert_eq!(
            words("qwen2", "a  \n  b 12"),
            ["a", "  \n", " ", " b", " ", "1", "2"]
        );
        assert_eq!(words("default", "1234 $x"), ["123", "4", " ", "$", "x"]);
        assert_eq!(words("gemma4", "a b\n\n c\n"), ["a b", "\n\n", " c", "\n"]);
        assert_eq!(
            words("deepseek-llm", "Hi 中文12  "),
            ["Hi", " ", "中文", "12", "  "]
        );
        assert_eq!(
            words("kimi-k2", "Don't 中文x 1234"),
            ["Don't", " ", "中文", "x", " ", "123", "4"]
        );
    }

    #[test]
    fn digits_are_counted_from_the_right() {
        let digits = |text| {
            let mut out = Vec::new();
            split_digits(text, &mut out);
            out.retain(|word: &&str| !word.is_empty());
            out
        };
        assert_eq!(digits("ab1234567c12"), ["ab1", "234", "567", "c12"]);
        assert_eq!(digits("x123"), ["x123"]);
        assert_eq!(digits("none"), ["none"]);
        assert!(digits("").is_empty());
    }

    #[test]
    fn an_unknown_family_is_an_error_that_lists_the_known_ones() {
        let error = family(Some("nonsense")).err().unwrap().to_string();
        assert!(
            error.contains("`nonsense`") && error.contains("qwen2") && error.contains("llama3"),
            "{error}"
        );
        assert_eq!(family(None).unwrap().names, ["default"]);
    }

    #[test]
    fn long_runs_are_linear() {
        let text = format!(
            "{}x{}\n{}",
            " ".repeat(300_000),
            "a".repeat(300_000),
            "\t ".repeat(100_000)
        );
        for family in FAMILIES {
            let splitter = Splitter::new(family).unwrap();
            assert_eq!(splitter.split(&text).concat(), text);
        }
    }
}
