//! The table of pre-tokenizer families: one entry of [`FAMILIES`] per set of rules.
//!
//! The patterns are those of the models' authors as llama.cpp reads them: in `tekken` and `gpt-4o` letters beyond ASCII
//! count as both cases, and ranges that run over white space have none in them.

/// How a family of models cuts text, and what it assumes where the file is silent.
pub(crate) struct Family {
    /// Values of `tokenizer.ggml.pre`, the family's own name first.
    pub(crate) names: &'static [&'static str],
    /// The split patterns, in the order in which they run.
    pub(crate) patterns: &'static [&'static str],
    /// Whether a word that is a token as a whole is taken without merging.
    pub(crate) ignore_merges: bool,
    /// Default of `add_bos_token`.
    pub(crate) add_bos: bool,
    /// Whether decoding drops the space before `.`, `,`, `?`, `!` and English contractions.
    pub(crate) clean_spaces: bool,
    /// Whether the vocabulary writes bytes as characters (GPT-2). If not, its symbols are characters, and spaces are `▁`.
    pub(crate) byte_level: bool,
    /// Whether line breaks that are one token are never merged, and the begin token is always added.
    pub(crate) gemma4: bool,
    /// Whether id 11 is the begin token of a file that names none.
    pub(crate) default_bos: bool,
    /// Whether files without merges are usual.
    pub(crate) without_merges: bool,
}

/// What most families have.
const USUAL: Family = Family {
    names: &[],
    patterns: &[],
    ignore_merges: false,
    add_bos: false,
    clean_spaces: false,
    byte_level: true,
    gemma4: false,
    default_bos: true,
    without_merges: false,
};

/// Stands in a list of patterns for digits in groups of three from the right; what goes before the first group joins it.
pub(crate) const DIGITS_FROM_THE_RIGHT: &str = "digits from the right";

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]*[\p{L}&&[^A-Z]]+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]+[\p{L}&&[^A-Z]]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]*[\p{L}&&[^A-Z]]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|[^\r\n\p{L}\p{N}]?[\p{L}&&[^a-z]]+[\p{L}&&[^A-Z]]*(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// As `gpt-4o`, with marks among the letters.
const GPT4O_MARKS: &str = r"[^\r\n\p{L}\p{N}]?[[\p{L}\p{M}]&&[^a-z]]*[[\p{L}\p{M}]&&[^A-Z]]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|[^\r\n\p{L}\p{N}]?[[\p{L}\p{M}]&&[^a-z]]+[[\p{L}\p{M}]&&[^A-Z]]*(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// As `gpt-4o`, with both cases and marks alike.
const CASELESS: &str = r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const DEEPSEEK3: &str = r"[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const CJK: &str = r"[一-龥\x{3040}-\x{30FF}]+";
/// The cased letters of an older Unicode, as its authors list them.
const DEEPSEEK_LETTERS: &str = r"\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+";
const DEEPSEEK_SCRIPTS: &str = r"[[一-龥\x{0800}-一가-\x{D7FF}]&&\S]+";
/// Han by the blocks that the family's own code lists; other letters take their contraction with them.
const KIMI: &str = r"[\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2EBEF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}]+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2EBEF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}]]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const BLOOM: &str = r" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+";
const LINES: &str = r"[^\n]+|\n+";

/// Every family that this build knows.
pub(crate) const FAMILIES: &[Family] = &[
    Family {
        names: &["default"],
        patterns: &[r"[\p{P}$+<=>^~|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &[
            "gpt-2",
            "phi-2",
            "jina-es",
            "jina-de",
            "jina-v1-en",
            "jina-v2-es",
            "jina-v2-de",
            "jina-v2-code",
            "roberta-bpe",
            "modern-bert",
            "gigachat",
            "a.x-4.0",
            "mellum",
            "exaone4",
            "mpt",
            "olmo",
            "jais",
        ],
        patterns: &[GPT2],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["trillion", "granite-docling"],
        patterns: &[GPT2],
        ..USUAL
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
            "jina-v5-nano",
        ],
        patterns: &[LLAMA3],
        ignore_merges: true,
        add_bos: true,
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["smaug-bpe", "dbrx"],
        patterns: &[LLAMA3],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["glm4", "glm5"],
        patterns: &[LLAMA3],
        ignore_merges: true,
        clean_spaces: true,
        default_bos: false,
        ..USUAL
    },
    Family {
        names: &["chatglm-bpe"],
        patterns: &[LLAMA3],
        clean_spaces: true,
        default_bos: false,
        ..USUAL
    },
    Family {
        names: &["minicpm5"],
        patterns: &[
            r"\p{N}{1,3}",
            r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ignore_merges: true,
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &[
            "qwen2",
            "deepseek-r1-qwen",
            "kormo",
            "f2llmv2",
            "hunyuan",
            "solar-open",
            "grok-2",
        ],
        patterns: &[QWEN2],
        ..USUAL
    },
    Family {
        names: &["stablelm2", "megrez"],
        patterns: &[QWEN2],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["laguna"],
        patterns: &[LINES, QWEN2],
        ..USUAL
    },
    Family {
        names: &["ufakzeka"],
        patterns: &[
            r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ..USUAL
    },
    Family {
        names: &["qwen35"],
        patterns: &[QWEN35],
        ..USUAL
    },
    Family {
        names: &["tekken"],
        patterns: &[TEKKEN],
        ignore_merges: true,
        add_bos: true,
        ..USUAL
    },
    Family {
        names: &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
        patterns: &[GPT4O],
        ..USUAL
    },
    Family {
        names: &["granite-embed-multi-97m"],
        patterns: &[GPT4O_MARKS],
        ignore_merges: true,
        ..USUAL
    },
    Family {
        names: &["tiny_aya", "cohere2moe"],
        patterns: &[DIGITS_FROM_THE_RIGHT, CASELESS],
        ..USUAL
    },
    Family {
        names: &["afmoe"],
        patterns: &[
            DIGITS_FROM_THE_RIGHT,
            r"[\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{8C48}-\x{FAFF}\x{3040}-\x{30FF}\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{E40}-\x{EFF}\x{1780}-\x{17FF}\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{1100}-\x{11FF}]+",
            DEEPSEEK3,
        ],
        ..USUAL
    },
    Family {
        names: &["deepseek-llm"],
        patterns: &[
            r"[\r\n]",
            DEEPSEEK_LETTERS,
            r"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3001}\x{3002}]+",
            r"\s+\z",
            DEEPSEEK_SCRIPTS,
            r"\p{N}+",
        ],
        ..USUAL
    },
    Family {
        names: &["deepseek-coder"],
        patterns: &[
            r"[\r\n]",
            r"\s?\p{L}+",
            r"\s?\p{P}+",
            DEEPSEEK_SCRIPTS,
            r"\p{N}",
        ],
        ..USUAL
    },
    Family {
        names: &["deepseek-v3", "hunyuan-dense", "hy_v4", "joyai-llm"],
        patterns: &[r"\p{N}{1,3}", CJK, DEEPSEEK3],
        ..USUAL
    },
    Family {
        names: &["spark2_5"],
        patterns: &[
            r"\p{N}{1,3}",
            CJK,
            r"[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+",
            r"\p{N}",
        ],
        ..USUAL
    },
    Family {
        names: &["youtu"],
        patterns: &[
            r"[\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|[一-龥\x{3040}-\x{30FF}]+",
            r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD]))?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ignore_merges: true,
        ..USUAL
    },
    Family {
        names: &["kimi-k2"],
        patterns: &[KIMI],
        without_merges: true,
        ..USUAL
    },
    Family {
        names: &["bailingmoe", "bailingmoe2", "llada-moe"],
        patterns: &[
            r"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        ],
        ..USUAL
    },
    Family {
        names: &["seed-coder"],
        patterns: &[
            r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ..USUAL
    },
    Family {
        names: &["exaone-moe"],
        patterns: &[
            r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
        ],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["smollm", "command-r"],
        patterns: &[r"\p{N}", GPT2],
        ..USUAL
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
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["falcon"],
        patterns: &[r"[\p{P}$+<=>^~|`]+", GPT2, r"[0-9][0-9][0-9]"],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["bloom", "gpt3-finnish"],
        patterns: &[BLOOM],
        clean_spaces: true,
        ..USUAL
    },
    Family {
        names: &["poro-chat"],
        patterns: &[BLOOM],
        ..USUAL
    },
    Family {
        names: &["viking"],
        patterns: &[BLOOM, r"\p{N}"],
        ..USUAL
    },
    Family {
        names: &["chameleon"],
        patterns: &[
            r"<sentinel:[0-9]+>",
            r"IMGIMG[A-I]{1,4}Z",
            r"[\t\n]|    |  ",
            r"\p{N}",
            r"[\p{P}!-/:-@\[-`{-~]",
            GPT2,
        ],
        add_bos: true,
        ..USUAL
    },
    Family {
        names: &["gemma4", "granite-embed-multi-311m"],
        patterns: &[LINES],
        clean_spaces: true,
        byte_level: false,
        gemma4: true,
        add_bos: true,
        ..USUAL
    },
    Family {
        names: &["sarvam-moe"],
        patterns: &[LINES],
        byte_level: false,
        ..USUAL
    },
];
