//! A vocabulary as grammars see it: a trie of the tokens' bytes, made once for a model and shared.

use std::sync::Arc;

use hearth_text::Tokenizer;
use llguidance::ParserFactory;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{
    INVALID_TOKEN, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv,
};

use super::error::GrammarError;

/// Longer tokens are deeper than the trie's counters reach; no vocabulary needs them.
const MAX_TOKEN_BYTES: usize = 1000;
/// The trie counts its nodes in 22 bits.
const MAX_NODES: usize = (1 << 22) - 2;

/// Compiles grammars for one vocabulary.
pub(crate) struct Tokens {
    tokenizer: Arc<Tokenizer>,
    factory: ParserFactory,
}

impl Tokens {
    pub(crate) fn new(tokenizer: &Arc<Tokenizer>) -> Result<Self, GrammarError> {
        let words: Vec<Vec<u8>> = (0..tokenizer.len() as u32)
            .map(|id| word(tokenizer, id))
            .collect();
        check_nodes(&words)?;
        let ends = tokenizer.end_of_generation();
        let info = TokRxInfo::new(
            words.len() as u32,
            ends.first().copied().unwrap_or(INVALID_TOKEN),
        );
        let mut trie = TokTrie::from(&info, &words);
        if !ends.is_empty() {
            trie = trie.with_eos_tokens(ends);
        }
        let env: TokEnv = Arc::new(Env {
            trie,
            tokenizer: Arc::clone(tokenizer),
        });
        let abilities = InferenceCapabilities {
            ff_tokens: true,
            ..InferenceCapabilities::default()
        };
        let slices = SlicedBiasComputer::general_slices();
        let mut factory =
            ParserFactory::new(&env, abilities, &slices).map_err(GrammarError::refused)?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Tokens {
            tokenizer: Arc::clone(tokenizer),
            factory,
        })
    }

    pub(super) fn factory(&self) -> &ParserFactory {
        &self.factory
    }

    pub(super) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The tokens of a text that goes on from another.
    pub(super) fn of_text(&self, text: &[u8]) -> Vec<u32> {
        self.factory.tok_env().tokenize_bytes(text)
    }

    /// The bytes that a token adds to the text; none for those that are no text.
    pub(crate) fn bytes(&self, id: u32) -> &[u8] {
        let word = self.factory.tok_env().tok_trie().token(id);
        if is_special(word) { &[] } else { word }
    }
}

fn is_special(word: &[u8]) -> bool {
    word.first() == Some(&TokTrie::SPECIAL_TOKEN_MARKER)
}

/// A token's place in the trie. Tokens that are not text stand behind a byte that no text has, so that only a grammar that names them
/// admits them; so do end tokens, whatever the file takes them for.
fn word(tokenizer: &Tokenizer, id: u32) -> Vec<u8> {
    let bytes = tokenizer.token_bytes(id);
    if bytes.is_empty() || bytes.len() > MAX_TOKEN_BYTES {
        return Vec::new();
    }
    if tokenizer.is_hidden(id) || tokenizer.is_end_of_generation(id) {
        // Names in brackets, such as [INST], would read as numbers of tokens.
        let (before, after): (&[u8], &[u8]) = match bytes.first() {
            Some(b'<') => (b"", b""),
            _ => (b"<", b">"),
        };
        let marker = [TokTrie::SPECIAL_TOKEN_MARKER];
        return [&marker, before, &bytes, after].concat();
    }
    if bytes.len() > 1 && is_special(&bytes) {
        return Vec::new();
    }
    bytes
}

/// Each byte that a token does not share with the one before it, in the order of the alphabet, is a node.
fn check_nodes(words: &[Vec<u8>]) -> Result<(), GrammarError> {
    let mut sorted: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    let shared = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let pairs = sorted.windows(2);
    // Equal tokens have a node each.
    let added = pairs.map(|pair| (pair[1].len() - shared(pair[0], pair[1])).max(1));
    let nodes = sorted.first().map_or(0, |first| first.len()) + added.sum::<usize>();
    if nodes > MAX_NODES {
        return Err(GrammarError::Vocabulary { nodes });
    }
    Ok(())
}

struct Env {
    trie: TokTrie,
    tokenizer: Arc<Tokenizer>,
}

impl Env {
    /// The longest prefix of the tokens whose bytes are those of `text`, and how many bytes that are.
    fn agreeing(&self, tokens: &[TokenId], text: &[u8]) -> usize {
        let mut rest = text;
        for &id in tokens {
            match rest.strip_prefix(self.trie.token(id)) {
                Some(after) => rest = after,
                None => return usize::MAX,
            }
        }
        rest.len()
    }
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    /// As the model's own tokenizer cuts the text. Some tokenizers change their text (they normalise it, or have no token for a byte):
    /// there the longest tokens of the trie are taken.
    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        let canonical = self
            .trie
            .tokenize_with_greedy_fallback(text, |text| self.tokenizer.encode_inside(text));
        if self.agreeing(&canonical, text) == 0 {
            return canonical;
        }
        let mut greedy = self.trie.greedy_tokenize(text);
        while self.agreeing(&greedy, text) == usize::MAX {
            greedy.pop();
        }
        greedy
    }
}
