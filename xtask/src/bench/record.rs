//! What a run measured: every single sample, and on what machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::statistics::Summary;

/// Everything of one run; the tables and the plot are made of it alone.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `YYYY-MM-DD`, in universal time.
    pub(crate) date: String,
    /// As it was typed; paths without their folders.
    pub(crate) command: String,
    pub(crate) machine: Machine,
    /// The GPU that was measured, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gpu: Option<String>,
    /// Of programs, by name.
    pub(crate) versions: BTreeMap<String, String>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
    /// In the order in which they were taken.
    pub(crate) samples: Vec<Sample>,
}

/// Where it ran.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    /// What Hearth takes natively.
    pub(crate) isa: String,
}

/// Who was measured doing what. Several samples have one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) case: Case,
    pub(crate) contender: String,
    pub(crate) threads: usize,
    pub(crate) figure: Figure,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    #[serde(flatten)]
    pub(crate) key: Key,
    pub(crate) value: f64,
}

/// A model in a type; both empty for figures of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) model: String,
    #[serde(rename = "type")]
    pub(crate) quant: String,
}

/// Names of contenders.
pub(crate) mod contender {
    pub(crate) const NATIVE: &str = "hearth";
    pub(crate) const LLAMA: &str = "llama.cpp";
    pub(crate) const FULL: &str = "hearth full";
    pub(crate) const COMPAT: &str = "hearth compat";
    /// With a version behind it.
    pub(crate) const WLLAMA: &str = "wllama ";
    pub(crate) const WASMTIME: &str = "hearth wasmtime";
    pub(crate) const CONTENDED: &str = "hearth, one core taken";
    pub(crate) const EXACT: &str = "hearth f32";
    pub(crate) const MACHINE: &str = "machine";
    pub(crate) const GPU: &str = "hearth gpu";
}

/// What is measured, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    MemoryRead,
    MemoryCopy,
    Int8,
    F32,
    F16,
    Load,
    FirstToken,
    Prefill128,
    Prefill512,
    Decode,
    Decode2048,
    PeakMemory,
    WeightBytesPerToken,
    MultiplyAddsPerToken,
    Dispatches,
    Perplexity,
    GzipBytes,
}

impl Figure {
    /// Those of the tables of speeds, in their order.
    pub(crate) const SPEEDS: [Figure; 7] = [
        Figure::Prefill128,
        Figure::Prefill512,
        Figure::Decode,
        Figure::Decode2048,
        Figure::Load,
        Figure::FirstToken,
        Figure::PeakMemory,
    ];

    /// For people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Figure::MemoryRead => "memory read",
            Figure::MemoryCopy => "memory copied",
            Figure::Int8 => "8-bit dot products",
            Figure::F32 => "f32 multiply-adds",
            Figure::F16 => "f16 multiply-adds",
            Figure::Load => "load",
            Figure::FirstToken => "first token, 128-token prompt",
            Figure::Prefill128 => "prefill 128",
            Figure::Prefill512 => "prefill 512",
            Figure::Decode => "decode",
            Figure::Decode2048 => "decode at 2048",
            Figure::PeakMemory => "peak memory",
            Figure::WeightBytesPerToken => "weights read per token",
            Figure::MultiplyAddsPerToken => "multiply-adds per prompt token",
            Figure::Dispatches => "dispatches of a decoded token",
            Figure::Perplexity => "perplexity",
            Figure::GzipBytes => "wasm, gzip",
        }
    }

    /// The unit shown, and what a base unit is divided by.
    pub(crate) fn unit(self) -> (&'static str, f64) {
        match self {
            Figure::MemoryRead | Figure::MemoryCopy => ("GB/s", 1e9),
            Figure::Int8 => ("GOP/s", 1e9),
            Figure::F32 | Figure::F16 => ("GFLOP/s", 1e9),
            Figure::Load | Figure::FirstToken => ("s", 1.0),
            Figure::Prefill128 | Figure::Prefill512 | Figure::Decode | Figure::Decode2048 => {
                ("tokens/s", 1.0)
            }
            Figure::PeakMemory | Figure::WeightBytesPerToken => ("MB", 1e6),
            Figure::MultiplyAddsPerToken => ("million", 1e6),
            Figure::Dispatches | Figure::Perplexity => ("", 1.0),
            Figure::GzipBytes => ("MB", 1e6),
        }
    }

    /// Whether less is better.
    pub(crate) fn is_cost(self) -> bool {
        use Figure::{FirstToken, GzipBytes, Load, PeakMemory, Perplexity};
        matches!(
            self,
            Load | FirstToken | PeakMemory | GzipBytes | Perplexity
        )
    }
}

impl Case {
    pub(crate) fn new(model: &str, quant: &str) -> Self {
        Case {
            model: model.to_owned(),
            quant: quant.to_owned(),
        }
    }
}

impl Record {
    /// Adds a sample, and says so.
    pub(crate) fn add(
        &mut self,
        case: &Case,
        contender: &str,
        threads: usize,
        figure: Figure,
        value: f64,
    ) {
        let (unit, scale) = figure.unit();
        println!(
            "  {} {} · {contender} · {threads} threads · {}: {:.2} {unit}",
            case.model,
            case.quant,
            figure.title(),
            value / scale
        );
        let key = Key {
            case: case.clone(),
            contender: contender.to_owned(),
            threads,
            figure,
        };
        self.samples.push(Sample { key, value });
    }

    /// Adds a note once.
    pub(crate) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            println!("  note: {note}");
            self.notes.push(note);
        }
    }

    /// All samples of one key.
    pub(crate) fn summary(
        &self,
        case: &Case,
        contender: &str,
        threads: usize,
        figure: Figure,
    ) -> Option<Summary> {
        let samples = self.samples.iter().filter(|Sample { key, .. }| {
            key.case == *case
                && key.contender == contender
                && key.threads == threads
                && key.figure == figure
        });
        Summary::of(samples.map(|sample| sample.value))
    }

    /// The median of one key.
    pub(crate) fn median(
        &self,
        case: &Case,
        contender: &str,
        threads: usize,
        figure: Figure,
    ) -> Option<f64> {
        Some(self.summary(case, contender, threads, figure)?.median)
    }

    /// A figure of the machine.
    pub(crate) fn ceiling(&self, threads: usize, figure: Figure) -> Option<f64> {
        self.median(&Case::default(), contender::MACHINE, threads, figure)
    }

    /// The better of the versions of wllama.
    pub(crate) fn wllama(
        &self,
        case: &Case,
        threads: usize,
        figure: Figure,
    ) -> Option<(String, f64)> {
        let names = self.distinct(|key| key.contender.clone());
        let versions = names
            .into_iter()
            .filter(|n| n.starts_with(contender::WLLAMA));
        let medians = versions.filter_map(|name| {
            let median = self.median(case, &name, threads, figure)?;
            Some((name, median))
        });
        medians.max_by(|(_, a), (_, b)| match figure.is_cost() {
            true => b.total_cmp(a),
            false => a.total_cmp(b),
        })
    }

    /// Models in their types, in the order of the run.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let cases = self.distinct(|key| key.case.clone());
        cases
            .into_iter()
            .filter(|case| !case.model.is_empty())
            .collect()
    }

    /// What a part of the keys is, each once, in the order of the run.
    pub(crate) fn distinct<T: PartialEq>(&self, part: impl Fn(&Key) -> T) -> Vec<T> {
        let mut seen = Vec::new();
        for sample in &self.samples {
            let value = part(&sample.key);
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        seen
    }
}
