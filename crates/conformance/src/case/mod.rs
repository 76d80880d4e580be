//! A model with what other implementations computed with it, whichever folder of references it comes from.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | what is asked of a backend, and what it should give |
//! | `zoo.rs` | one small model of each architecture |
//! | `quants.rs` | one model in every quantisation |
//! | `trained.rs` | models with real weights, and the same in other architectures' containers |

mod quants;
mod trained;
mod zoo;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use hearth_gguf::Gguf;
use hearth_kernels::dequantize;
use hearth_runtime::Activations;

pub use quants::quants;
pub use trained::trained;
pub use zoo::zoo;

/// The references' own tolerance for f32 activations: llama.cpp and HF transformers differ by up to 2.9e-4.
pub const EXACT: f32 = 1e-3;

/// A model with its references.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the reference.
    pub name: String,
    /// `general.architecture`.
    pub architecture: String,
    /// Types of its matrices, those with the most bytes first.
    pub types: String,
    /// The model file.
    pub model: PathBuf,
    /// Texts, with what they should give.
    pub prompts: Vec<Prompt>,
    /// Why 8-bit activations are not compared, if they are not.
    pub exact_only: Option<&'static str>,
}

/// One text.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its token ids.
    pub tokens: Vec<u32>,
    /// What f32 activations should give.
    pub exact: Wanted,
    /// What 8-bit activations should give.
    pub fast: Wanted,
}

/// What one text should give.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Logits or an embedding.
    pub results: Results,
    /// How near to them is near enough.
    pub bound: Bound,
    /// The likeliest tokens after it, as many as no rounding can change.
    pub greedy: Vec<u32>,
    /// Logits after tokens that are computed one at a time.
    pub decoded: Option<Decoded>,
}

/// Logits after the prompt and `tokens`, which are computed one at a time.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The tokens.
    pub tokens: Vec<u32>,
    /// The logits after the last one.
    pub logits: Vec<f32>,
    /// The largest difference allowed.
    pub tolerance: f32,
}

/// Results of a text.
#[derive(Clone, Debug)]
pub enum Results {
    /// Logits after some positions.
    Logits(Vec<(usize, Row)>),
    /// An embedding as pooled, and of length 1.
    Embedding {
        /// As pooled.
        pooled: Vec<f32>,
        /// Divided by its length.
        normalised: Vec<f32>,
    },
}

/// A row of logits, or those of it that the reference tells.
#[derive(Clone, Debug)]
pub enum Row {
    /// All of them.
    All(Vec<f32>),
    /// Token ids with their logits.
    Some(Vec<(usize, f32)>),
}

/// How near is near enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// No element differs by more.
    MaxAbs(f32),
    /// The root of the mean square difference of a row is no more.
    Rms(f32),
    /// The cosine of the two is no less.
    Cosine(f32),
}

/// Which arithmetic.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// f32 activations on dequantised weights.
    Exact,
    /// 8-bit activations where there is a kernel for them.
    Fast,
}

impl Arithmetic {
    /// Both.
    pub const ALL: [Arithmetic; 2] = [Arithmetic::Exact, Arithmetic::Fast];

    /// The loader's name for it.
    pub fn activations(self) -> Activations {
        match self {
            Arithmetic::Exact => Activations::F32,
            Arithmetic::Fast => Activations::Auto,
        }
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Arithmetic::Exact => "exact",
            Arithmetic::Fast => "fast",
        })
    }
}

impl Prompt {
    /// What this arithmetic should give.
    pub fn wanted(&self, arithmetic: Arithmetic) -> &Wanted {
        match arithmetic {
            Arithmetic::Exact => &self.exact,
            Arithmetic::Fast => &self.fast,
        }
    }
}

impl Wanted {
    /// Positions whose logits are wanted; none of an embedding.
    pub fn positions(&self) -> Vec<usize> {
        match &self.results {
            Results::Logits(rows) => rows.iter().map(|(position, _)| *position).collect(),
            Results::Embedding { .. } => Vec::new(),
        }
    }
}

impl Case {
    /// A case whose architecture and types are those of its file.
    fn new(name: &str, model: PathBuf, prompts: Vec<Prompt>) -> Self {
        let (architecture, types) = describe(&model);
        Case {
            name: name.to_owned(),
            architecture,
            types,
            model,
            prompts,
            exact_only: None,
        }
    }

    /// Whether its results are embeddings.
    pub fn embeds(&self) -> bool {
        let is_embedding = |p: &Prompt| matches!(p.exact.results, Results::Embedding { .. });
        self.prompts.iter().any(is_embedding)
    }
}

/// Every case there is, or none after saying that the suite is skipped.
pub fn all() -> Vec<Case> {
    [zoo(), quants(), trained()].concat()
}

/// Architecture of a file, and types of its matrices.
fn describe(path: &Path) -> (String, String) {
    let at = path.display();
    let file = File::open(path).unwrap_or_else(|e| panic!("{at}: {e}"));
    let gguf = Gguf::parse(&file).unwrap_or_else(|e| panic!("{at}: {e}"));
    let architecture = gguf.metadata().get_str("general.architecture");
    let architecture = architecture.unwrap_or_else(|e| panic!("{at}: {e}"));
    let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
    for tensor in gguf.tensors() {
        assert!(
            dequantize::is_supported(tensor.dtype),
            "{at}: every type of the references can be computed with"
        );
        if tensor.shape.dims().len() > 1 {
            *bytes.entry(tensor.dtype.name()).or_default() += tensor.bytes;
        }
    }
    // Routers and taps of convolutions are F32 in every file: they tell nothing of it.
    if bytes.len() > 1 {
        bytes.remove("F32");
    }
    let mut types: Vec<(&str, u64)> = bytes.into_iter().collect();
    types.sort_by_key(|&(name, bytes)| (std::cmp::Reverse(bytes), name));
    let names: Vec<&str> = types.iter().map(|(name, _)| *name).collect();
    (architecture.to_owned(), names.join("+"))
}
