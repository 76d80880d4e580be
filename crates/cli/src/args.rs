//! What several commands have in common on the command line.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use hearth_runtime::constraint::Grammar;
use hearth_runtime::{Activations, DType, DraftSource, Sampling, Speculation};

use crate::error::CliError;
use crate::model::read_text;

/// How a model runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Running the model")]
pub(crate) struct RunArgs {
    /// Where to compute
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Threads that compute [default: one per core]
    #[arg(long, short = 't', value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// f32 computes exactly; auto is fast and may round activations to 8 bits per block
    #[arg(long, value_enum, default_value_t = ActivationsArg::Auto)]
    pub(crate) activations: ActivationsArg,
    /// Tokens of context [default: the model's own, 4096 at most]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<NonZeroUsize>,
    /// Element type of the KV cache [default: f16 where the cache is large, unless --activations f32]
    #[arg(long, value_enum)]
    pub(crate) cache_type: Option<CacheType>,
    /// Prompt tokens computed in one step [default: 128]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) chunk: Option<NonZeroUsize>,
}

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Device {
    /// The processor
    Cpu,
    /// The graphics card, with f32 activations
    Gpu,
    /// The graphics card, or the processor where there is none that can
    Auto,
}

/// Exact or fast arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ActivationsArg {
    /// Dequantised weights, f32 activations
    F32,
    /// Activations may be rounded to 8 bits per block
    Auto,
}

impl From<ActivationsArg> for Activations {
    fn from(arg: ActivationsArg) -> Self {
        match arg {
            ActivationsArg::F32 => Activations::F32,
            ActivationsArg::Auto => Activations::Auto,
        }
    }
}

/// Element type of the KV cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CacheType {
    /// Four bytes an element
    F32,
    /// Two bytes an element
    F16,
    /// A byte an element, in blocks of 32; not for every model
    #[value(name = "q8_0")]
    Q8_0,
}

impl From<CacheType> for DType {
    fn from(arg: CacheType) -> Self {
        match arg {
            CacheType::F32 => DType::F32,
            CacheType::F16 => DType::F16,
            CacheType::Q8_0 => DType::Q8_0,
        }
    }
}

/// How tokens are guessed ahead.
#[derive(Debug, Args)]
#[command(next_help_heading = "Guessing tokens ahead")]
pub(crate) struct SpeculationArgs {
    /// Guess tokens from the text before, to compute several at once; the answer is the same
    #[arg(long, value_enum, default_value_t = SpeculationArg::Auto, conflicts_with = "draft_model")]
    speculation: SpeculationArg,
    /// Let a smaller model of the same vocabulary guess
    #[arg(long, value_name = "FILE")]
    pub(crate) draft_model: Option<PathBuf>,
}

impl SpeculationArgs {
    /// What a generation is told.
    pub(crate) fn speculation(&self) -> Speculation {
        let source = match (&self.draft_model, self.speculation) {
            (Some(_), _) => DraftSource::Model,
            (None, SpeculationArg::Auto) => DraftSource::Auto,
            (None, SpeculationArg::Lookup) => DraftSource::Lookup,
            (None, SpeculationArg::Off) => DraftSource::Off,
        };
        source.into()
    }
}

/// Who guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SpeculationArg {
    /// The text itself on a CPU, nobody on a GPU
    Auto,
    /// The text itself: what followed the last time that it went like this
    Lookup,
    /// Nobody
    Off,
}

/// What the answer must keep to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keeping to a grammar")]
#[group(multiple = false)]
pub(crate) struct GrammarArgs {
    /// JSON schema that the answer is valid under: the schema itself, or a file with it
    #[arg(long, value_name = "JSON|FILE")]
    json_schema: Option<String>,
    /// The answer is a JSON object
    #[arg(long)]
    json_object: bool,
    /// Regular expression that matches the whole answer
    #[arg(long, value_name = "REGEX")]
    regex: Option<String>,
    /// File with a grammar: .gbnf in llama.cpp's form, .lark in llguidance's
    #[arg(long, value_name = "FILE")]
    grammar: Option<PathBuf>,
}

impl GrammarArgs {
    /// What a generation is told.
    pub(crate) fn grammar(&self) -> Result<Option<Grammar>, CliError> {
        if let Some(schema) = &self.json_schema {
            // A schema is an object, `true` or `false`; what else is given is a path.
            let is_schema = serde_json::from_str::<serde_json::Value>(schema).is_ok()
                || schema.trim_start().starts_with('{');
            let text = if is_schema {
                schema.clone()
            } else {
                read_text(Path::new(schema))?
            };
            return Ok(Some(Grammar::JsonSchema(text)));
        }
        if let Some(path) = &self.grammar {
            let kind = path.extension().and_then(|kind| kind.to_str());
            let kind = match kind.map(str::to_ascii_lowercase).as_deref() {
                Some("gbnf") => Grammar::Gbnf,
                Some("lark") => Grammar::Lark,
                _ => return Err(CliError::GrammarFile { path: path.clone() }),
            };
            return Ok(Some(kind(read_text(path)?)));
        }
        let regex = self.regex.clone().map(Grammar::Regex);
        Ok(regex.or(self.json_object.then_some(Grammar::JsonObject)))
    }
}

/// How tokens are chosen. What is not given takes the command's default.
#[derive(Debug, Args)]
#[command(next_help_heading = "Choosing tokens")]
pub(crate) struct SamplingArgs {
    /// 0 takes the likeliest token, more is more surprising
    #[arg(long, value_name = "T")]
    pub(crate) temperature: Option<f32>,
    /// Keep the so many likeliest tokens; 0 keeps all
    #[arg(long, value_name = "K")]
    pub(crate) top_k: Option<usize>,
    /// Keep the likeliest tokens until their probabilities reach this; 1 keeps all
    #[arg(long, value_name = "P")]
    pub(crate) top_p: Option<f32>,
    /// Keep tokens of at least this share of the likeliest one's probability; 0 keeps all
    #[arg(long, value_name = "P")]
    pub(crate) min_p: Option<f32>,
    /// Keep the tokens nearest the expected surprise until their probabilities reach this; 1 keeps all
    #[arg(long, value_name = "P")]
    pub(crate) typical_p: Option<f32>,
    /// Make tokens seen lately less likely; 1 does nothing
    #[arg(long, value_name = "X")]
    pub(crate) repetition_penalty: Option<f32>,
    /// Subtract from a logit for each time its token was seen lately
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) frequency_penalty: Option<f32>,
    /// Subtract once from the logit of each token seen lately
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) presence_penalty: Option<f32>,
    /// Same seed, same choices [default: another one each time]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Add to the logits of single tokens
    #[arg(long, value_name = "ID=BIAS,…", value_delimiter = ',')]
    pub(crate) logit_bias: Vec<Bias>,
    /// A text that ends the answer and is no part of it; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) stop: Vec<String>,
}

impl SamplingArgs {
    /// The parameters, with `defaults` for those not given.
    pub(crate) fn sampling(&self, defaults: Sampling) -> Sampling {
        let or = |given: Option<f32>, default| given.unwrap_or(default);
        Sampling {
            temperature: or(self.temperature, defaults.temperature),
            top_k: self.top_k.unwrap_or(defaults.top_k),
            top_p: or(self.top_p, defaults.top_p),
            min_p: or(self.min_p, defaults.min_p),
            typical_p: or(self.typical_p, defaults.typical_p),
            repetition_penalty: or(self.repetition_penalty, defaults.repetition_penalty),
            frequency_penalty: or(self.frequency_penalty, defaults.frequency_penalty),
            presence_penalty: or(self.presence_penalty, defaults.presence_penalty),
            logit_bias: self.logit_bias.iter().map(|b| (b.id, b.bias)).collect(),
            seed: self.seed.unwrap_or_else(seed_from_the_clock),
            ..defaults
        }
    }
}

fn seed_from_the_clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // Exact in JavaScript too, so that a seed read from JSON can be given again.
    const MASK: u128 = (1 << 53) - 1;
    since.map_or(0, |d| (d.as_nanos() & MASK) as u64)
}

/// `ID=BIAS`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bias {
    id: u32,
    bias: f32,
}

impl FromStr for Bias {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write ID=BIAS, such as 13=-2.5";
        let (id, bias) = text.split_once('=').ok_or(WRONG)?;
        let bias: f32 = bias.parse().map_err(|_| WRONG)?;
        let id = id.trim().parse().map_err(|_| WRONG)?;
        if bias.is_nan() {
            return Err(WRONG);
        }
        Ok(Bias { id, bias })
    }
}

/// Token ids, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenIds(pub(crate) Vec<u32>);

impl FromStr for TokenIds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write token ids separated by commas, such as 1,2,3";
        if text.trim().is_empty() {
            return Ok(TokenIds(Vec::new()));
        }
        let ids = text.split(',').map(|id| id.trim().parse());
        ids.collect::<Result<_, _>>()
            .map(TokenIds)
            .map_err(|_| WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_ids_are_separated_by_commas() {
        assert_eq!("1,2, 3".parse(), Ok(TokenIds(vec![1, 2, 3])));
        assert_eq!("".parse(), Ok(TokenIds(vec![])));
        for wrong in ["1,,2", "-1", "a", "4294967296", "1 2"] {
            assert!(wrong.parse::<TokenIds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn biases_are_finite_or_infinite() {
        let bias = |id, bias| Ok(Bias { id, bias });
        assert_eq!("7=-1.5".parse(), bias(7, -1.5));
        assert_eq!("7=-inf".parse(), bias(7, f32::NEG_INFINITY));
        for wrong in ["7", "7=", "=1", "7=nan", "-7=1"] {
            assert!(wrong.parse::<Bias>().is_err(), "{wrong}");
        }
    }
}
