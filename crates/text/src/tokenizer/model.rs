//! The tokenizer models of GGUF files, each with what llama.cpp assumes where the file is silent.

use super::families::Family;
use super::pre;
use super::source::{SpecialIds, VocabError, VocabSource};
use super::strings::StringTable;
use super::{Algorithm, bpe::Bpe, charsmap::Charsmap, spm::Spm, ugm, wpm};

/// Values of `tokenizer.ggml.model` that are known.
const MODELS: &[&str] = &["llama", "gpt2", "gemma4", "bert", "t5"];

/// What a vocabulary asks for.
pub(crate) struct Settings {
    pub(crate) add_bos: bool,
    pub(crate) add_eos: bool,
    pub(crate) add_space_prefix: bool,
    pub(crate) clean_spaces: bool,
}

/// A tokenizer model.
pub(crate) enum Model {
    /// `llama`: pieces that merge by score.
    Spm,
    /// `gpt2` and `gemma4`: merges by rank.
    Bpe {
        /// How text is cut into words.
        family: &'static Family,
        /// Whether a file that names no begin and end tokens has them all the same.
        default_ids: bool,
    },
    /// `bert`: WordPiece.
    Wpm,
    /// `t5`: Unigram.
    Ugm,
}

impl Model {
    /// The model that `source` names.
    pub(crate) fn of(source: &VocabSource<'_>) -> Result<Self, VocabError> {
        let bpe = |family: &'static Family, default_ids| {
            if source.merges.is_empty() && !family.without_merges {
                return Err(VocabError::NoMerges {
                    model: source.model.clone(),
                });
            }
            Ok(Model::Bpe {
                family,
                default_ids,
            })
        };
        match source.model.as_str() {
            "llama" => Ok(Model::Spm),
            "gpt2" => bpe(pre::family(source.pre.as_deref())?, true),
            "gemma4" => bpe(pre::family(Some("gemma4"))?, false),
            "bert" => Ok(Model::Wpm),
            "t5" => Ok(Model::Ugm),
            other => Err(VocabError::UnknownModel {
                model: other.to_owned(),
                known: MODELS.to_vec(),
            }),
        }
    }

    /// The special ids of a file that names none.
    pub(crate) fn special_ids(&self) -> SpecialIds {
        let ids = SpecialIds::default();
        match self {
            Model::Spm => SpecialIds {
                bos: Some(1),
                eos: Some(2),
                unk: Some(0),
                ..ids
            },
            Model::Bpe {
                family,
                default_ids: true,
            } => SpecialIds {
                bos: Some(11).filter(|_| family.default_bos),
                eos: Some(11),
                ..ids
            },
            Model::Bpe { .. } => ids,
            Model::Wpm => SpecialIds {
                bos: Some(101),
                unk: Some(100),
                sep: Some(102),
                pad: Some(0),
                mask: Some(103),
                ..ids
            },
            Model::Ugm => SpecialIds {
                eos: Some(1),
                unk: Some(2),
                pad: Some(0),
                ..ids
            },
        }
    }

    /// The file's settings, completed.
    pub(crate) fn settings(&self, source: &VocabSource<'_>) -> Settings {
        let (add_bos, add_eos, add_space_prefix, clean_spaces) = match self {
            Model::Spm => (true, false, true, false),
            Model::Bpe { family, .. } => (family.add_bos, false, false, family.clean_spaces),
            Model::Wpm => (true, false, false, true),
            Model::Ugm => (false, true, false, false),
        };
        // Gemma 4's files say that no begin token is wanted, and are wrong.
        let forced_bos = matches!(self, Model::Bpe { family, .. } if family.gemma4);
        Settings {
            add_bos: forced_bos || source.add_bos.unwrap_or(add_bos),
            add_eos: source.add_eos.unwrap_or(add_eos),
            add_space_prefix: source.add_space_prefix.unwrap_or(add_space_prefix),
            clean_spaces,
        }
    }

    /// What turns text into ids. May append strings that are no tokens to `strings`.
    pub(crate) fn algorithm(
        self,
        source: &VocabSource<'_>,
        strings: &mut StringTable,
        unknown: Option<u32>,
        settings: &Settings,
    ) -> Result<Algorithm, VocabError> {
        Ok(match self {
            Model::Spm => Algorithm::Spm(Spm::new(strings, &source.scores, unknown)),
            Model::Bpe { family, .. } => {
                Algorithm::Bpe(Box::new(Bpe::new(family, strings, &source.merges)?))
            }
            Model::Wpm => {
                let lowercase = source.lowercase.unwrap_or(true);
                let normalizer = wpm::Normalizer {
                    lowercase,
                    strip_accents: source.strip_accents.unwrap_or(lowercase),
                };
                Algorithm::Wpm(wpm::WordPiece::new(strings, unknown, normalizer))
            }
            Model::Ugm => {
                let blob = &source.precompiled_charsmap;
                let charsmap = if blob.is_empty() {
                    None
                } else {
                    let broken = VocabError::BrokenCharsmap { bytes: blob.len() };
                    Some(Charsmap::new(blob).ok_or(broken)?)
                };
                let white_space = ugm::WhiteSpace {
                    prefix: settings.add_space_prefix,
                    merge: source.remove_extra_whitespaces.unwrap_or(false),
                };
                let pieces = ugm::Pieces::of_gguf(
                    strings,
                    &source.scores,
                    &source.token_types,
                    unknown.unwrap_or_default(),
                );
                Algorithm::Ugm(Box::new(ugm::Unigram::new(
                    strings,
                    pieces,
                    &source.token_types,
                    charsmap,
                    white_space,
                )))
            }
        })
    }
}
