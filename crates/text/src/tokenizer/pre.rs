//! Pre-tokenizers of byte-level BPE: how text is cut into words before merging. One entry of [`FAMILIES`] per family.
//!
//! A family's patterns run one after the other. Each cuts the pieces that the last one left into its matches and what
//! lies between them; look-ahead does not see beyond a piece. The patterns are those of the models' authors as
//! llama.cpp reads them (in `tekken` and `gpt-4o` letters beyond ASCII count as both cases; in `deepseek-coder` the
//! range of scripts has no white space). Each family gave llama.cpp's ids on thousands of random texts.

use fancy_regex::{Regex, RegexBuilder};

use super::source::VocabError;

/// How a family of models cuts text, and what it assumes where the file is silent.
pub(crate) struct Family {
    /// Values of `tokenizer.ggml.pre`, the family's own name first.
    pub(crate) names: &'static [&'static str],
    /// The split patterns, in the order in which they run.
    patterns: &'static [&'static str],
    /// Whether a word that is a token as a whole is taken without merging.
    pub(crate) ignore_merges: bool,
    /// Default of `add_bos_token`.
    pub(crate) add_bos: bool,
    /// Whether decoding drops the space before `.`, `,`, `?`, `!` and English contractions.
    pub(crate) clean_spaces: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const QWEN35: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]*[\p{L}&&[^A-Z]]+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]+[\p{L}&&[^A-Z]]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]*[\p{L}&&[^A-Z]]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]+[\p{L}&&[^A-Z]]*(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const DEEPSEEK3: &str = r"[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Every family that this build knows.
const FAMILIES: &[Family] = &[
    Family {
        names: &["default"],
        patterns: &[r"[\p{P}$+<=>^~|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: true,
    },
    Family {
        names: &["gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "exaone4"],
        patterns: &[GPT2],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: true,
    },
    Family {
        names: &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
        ],
        patterns: &[LLAMA3],
        ignore_merges: true,
        add_bos: true,
        clean_spaces: true,
    },
    Family {
        names: &["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2"],
        patterns: &[QWEN2],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &["qwen35"],
        patterns: &[QWEN35],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &["tekken"],
        patterns: &[TEKKEN],
        ignore_merges: true,
        add_bos: true,
        clean_spaces: false,
    },
    Family {
        names: &["gpt-4o", "llama4", "kanana2"],
        patterns: &[GPT4O],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &["deepseek-v3", "hunyuan-dense", "joyai-llm"],
        patterns: &[r"\p{N}{1,3}", r"[一-龥\x{3040}-\x{30FF}]+", DEEPSEEK3],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &["deepseek-coder"],
        patterns: &[
            r"[\r\n]",
            r"\s?\p{L}+",
            r"\s?\p{P}+",
            r"[[一-龥\x{0800}-一가-\x{D7FF}]&&\S]+",
            r"\p{N}",
        ],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &["smollm", "command-r"],
        patterns: &[r"\p{N}", GPT2],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: false,
    },
    Family {
        names: &[
            "starcoder",
            "refact",
            "codeshell",
            "exaone",
            "minerva-7b",
            "mellum2",
        ],
        patterns: &[r"\p{N}", GPT2],
        ignore_merges: false,
        add_bos: false,
        clean_spaces: true,
    },
    Family {
        names: &["glm4", "glm5"],
        patterns: &[LLAMA3],
        ignore_merges: true,
        add_bos: false,
        clean_spaces: true,
    },
];

/// The family of `tokenizer.ggml.pre`; a file without one gets `default`.
pub(crate) fn family(pre: Option<&str>) -> Result<&'static Family, VocabError> {
    let name = pre.filter(|name| !name.is_empty()).unwrap_or("default");
    FAMILIES
        .iter()
        .find(|family| family.names.contains(&name))
        .ok_or_else(|| VocabError::UnknownPreTokenizer {
            pre: name.to_owned(),
            known: FAMILIES
                .iter()
                .flat_map(|family| family.names)
                .copied()
                .collect(),
        })
}

/// The compiled patterns of a family.
pub(crate) struct Splitter {
    patterns: Vec<Regex>,
}

impl Splitter {
    /// Compiles the patterns of `family`.
    pub(crate) fn new(family: &Family) -> Result<Self, VocabError> {
        let compile = |pattern: &'static str| {
            // No pattern of the table backtracks more than once per character, so length alone must not stop it.
            RegexBuilder::new(pattern)
                .backtrack_limit(usize::MAX)
                .build()
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
                split_piece(pattern, piece, &mut next);
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
