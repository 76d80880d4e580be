//! What was to be reached, and what was.

use super::record::{Case, Figure, Record, contender};

/// One row of the table: ratios of medians of one run.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    /// The limit, and the aim. Where less is better, both are upper limits.
    pub(crate) at_least: f64,
    pub(crate) aim: f64,
    pub(crate) less_is_better: bool,
    pub(crate) unit: Unit,
    /// By what they were reached on.
    pub(crate) reached: Vec<(String, f64)>,
}

/// How a figure of the table is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Times,
    Percent,
    Megabytes,
}

/// The limit on a change of perplexity.
const PERPLEXITY_LIMIT: f64 = 0.005;
/// Threads of the rows that do not say.
const THREADS: usize = 2;

impl Target {
    /// The value that decides.
    pub(crate) fn worst(&self) -> Option<f64> {
        let values = self.reached.iter().map(|(_, value)| *value);
        match self.less_is_better {
            true => values.reduce(f64::max),
            false => values.reduce(f64::min),
        }
    }

    /// For the last column.
    pub(crate) fn verdict(&self) -> &'static str {
        let Some(worst) = self.worst() else {
            return "not measured";
        };
        let passes = |limit: f64| match self.less_is_better {
            true => worst <= limit,
            false => worst >= limit,
        };
        match (passes(self.aim), passes(self.at_least)) {
            (true, _) => "aim",
            (false, true) => "yes",
            (false, false) => "**missed**",
        }
    }
}

impl Unit {
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Unit::Times => format!("{value:.2} ×"),
            Unit::Percent => format!("{:.1} %", value * 100.0),
            Unit::Megabytes => format!("{:.2} MB", value / 1e6),
        }
    }
}

/// All rows.
pub(crate) fn targets(record: &Record) -> Vec<Target> {
    let mut rows = in_the_tab(record);
    rows.extend(natively(record));
    rows.extend(across(record));
    rows
}

fn row(what: &'static str, limits: (f64, f64), unit: Unit, reached: Vec<(String, f64)>) -> Target {
    Target {
        what,
        at_least: limits.0,
        aim: limits.1,
        less_is_better: false,
        unit,
        reached,
    }
}

/// A ratio for every case that has it.
fn each(record: &Record, ratio: impl Fn(&Case) -> Option<f64>) -> Vec<(String, f64)> {
    let cases = record.cases();
    let labelled = cases
        .iter()
        .filter_map(|case| Some((format!("{} {}", case.model, case.quant), ratio(case)?)));
    labelled.collect()
}

/// Where the issue of a type is the peer's kernels, only these count.
fn is_four_bits(case: &Case) -> bool {
    matches!(case.quant.as_str(), "Q4_0" | "Q4_K_M")
}

fn in_the_tab(record: &Record) -> Vec<Target> {
    let against = |build: &'static str, threads: usize, figure: Figure| {
        each(record, |case| {
            let own = record.median(case, build, threads, figure)?;
            is_four_bits(case).then_some(own / record.wllama(case, threads, figure)?.1)
        })
    };
    let first = each(record, |case| {
        let own = record.median(case, contender::FULL, THREADS, Figure::FirstToken)?;
        Some(own / record.wllama(case, THREADS, Figure::FirstToken)?.1)
    });
    use Unit::Times;
    vec![
        row(
            "decode in the tab, 2 threads, Q4_0 and Q4_K_M, against wllama",
            (4.0, 6.0),
            Times,
            against(contender::FULL, 2, Figure::Decode),
        ),
        row(
            "prefill 512 in the tab, 2 threads, against the same",
            (8.0, 14.0),
            Times,
            against(contender::FULL, 2, Figure::Prefill512),
        ),
        row(
            "decode with `compat`, 1 thread, against wllama's 1 thread",
            (2.0, 3.0),
            Times,
            against(contender::COMPAT, 1, Figure::Decode),
        ),
        row(
            "prefill 512 with `compat`, 1 thread, against the same",
            (4.0, 6.0),
            Times,
            against(contender::COMPAT, 1, Figure::Prefill512),
        ),
        Target {
            less_is_better: true,
            ..row(
                "time to first token, 128-token prompt, cached model, 2 threads, against wllama",
                (0.25, 0.1),
                Times,
                first,
            )
        },
    ]
}

fn natively(record: &Record) -> Vec<Target> {
    use contender::{CONTENDED, LLAMA, NATIVE};
    let against = |figure: Figure| {
        each(record, |case| {
            let own = record.median(case, NATIVE, THREADS, figure)?;
            Some(own / record.median(case, LLAMA, THREADS, figure)?)
        })
    };
    let of_ceiling = |model: &'static str| {
        each(record, |case| {
            (case.model == model && case.quant == "Q4_K_M")
                .then(|| decode_share(record, case, NATIVE, THREADS))?
        })
    };
    let contended = each(record, |case| {
        let taken = record.median(case, CONTENDED, 2, Figure::Decode)?;
        Some(taken / record.median(case, NATIVE, 1, Figure::Decode)?)
    });
    use Unit::{Percent, Times};
    vec![
        row(
            "decode natively, 2 threads, against llama.cpp",
            (0.95, 1.1),
            Times,
            against(Figure::Decode),
        ),
        row(
            "prefill 512 natively, 2 threads, against llama.cpp",
            (0.7, 1.0),
            Times,
            against(Figure::Prefill512),
        ),
        row(
            "decode natively, share of the memory ceiling, llama-3-8b Q4_K_M",
            (0.8, 0.92),
            Percent,
            of_ceiling("llama-3-8b"),
        ),
        row(
            "decode natively, share of the memory ceiling, qwen3-0.6b Q4_K_M",
            (0.6, 0.8),
            Percent,
            of_ceiling("qwen3-0.6b"),
        ),
        row(
            "decode with 2 threads while another process takes one core, against 1 thread on the quiet machine",
            (0.8, 1.0),
            Times,
            contended,
        ),
    ]
}

fn across(record: &Record) -> Vec<Target> {
    use contender::{EXACT, FULL, NATIVE, WASMTIME};
    let decode =
        |case: &Case, who: &str, threads, figure| record.median(case, who, threads, figure);
    let tab_of_native = each(record, |case| {
        let native = decode(case, NATIVE, THREADS, Figure::Decode)?;
        Some(decode(case, FULL, THREADS, Figure::Decode)? / native)
    });
    let deep = |who: &'static str| {
        each(record, |case| {
            let shallow = decode(case, who, THREADS, Figure::Decode)?;
            Some(decode(case, who, THREADS, Figure::Decode2048)? / shallow)
        })
    };
    let wasmtime = each(record, |case| {
        let full = decode(case, FULL, 1, Figure::Decode)?;
        Some(decode(case, WASMTIME, 1, Figure::Decode)? / full)
    });
    let gzip = record.median(&Case::default(), FULL, 0, Figure::GzipBytes);
    let perplexity = each(record, |case| {
        let exact = record.median(case, EXACT, THREADS, Figure::Perplexity)?;
        Some((record.median(case, NATIVE, THREADS, Figure::Perplexity)? / exact - 1.0).abs())
    });
    use Unit::{Megabytes, Percent, Times};
    let upper = |target: Target| Target {
        less_is_better: true,
        ..target
    };
    vec![
        row(
            "decode in the tab, share of native, 2 threads",
            (0.65, 0.9),
            Percent,
            tab_of_native,
        ),
        row(
            "decode natively at 2048 tokens of context against 0",
            (0.8, 0.92),
            Percent,
            deep(NATIVE),
        ),
        row(
            "decode in the tab at 2048 tokens of context against 0",
            (0.8, 0.92),
            Percent,
            deep(FULL),
        ),
        row(
            "the wasmtime run against `full` in Chromium, 1 thread, decode",
            (0.8, 1.0),
            Times,
            wasmtime,
        ),
        upper(row(
            "`full` wasm, gzip",
            (1.6e6, 1.0e6),
            Megabytes,
            gzip.map(|bytes| (String::new(), bytes))
                .into_iter()
                .collect(),
        )),
        upper(row(
            "perplexity with 8-bit activations, change against exact arithmetic",
            (PERPLEXITY_LIMIT, PERPLEXITY_LIMIT),
            Percent,
            perplexity,
        )),
    ]
}

/// Bytes of weights that decoding reads per second, as a share of what memory gives.
pub(crate) fn decode_share(record: &Record, case: &Case, who: &str, threads: usize) -> Option<f64> {
    let speed = record.median(case, who, threads, Figure::Decode)?;
    let bytes = record.summary_of_any(case, Figure::WeightBytesPerToken)?;
    Some(speed * bytes / record.ceiling(threads, Figure::MemoryRead)?)
}

/// Operations per second of a prefill, as a share of the 8-bit peak.
pub(crate) fn prefill_share(
    record: &Record,
    case: &Case,
    who: &str,
    threads: usize,
) -> Option<f64> {
    let speed = record.median(case, who, threads, Figure::Prefill512)?;
    let products = record.summary_of_any(case, Figure::MultiplyAddsPerToken)?;
    Some(speed * 2.0 * products / record.ceiling(threads, Figure::Int8)?)
}

impl Record {
    /// A property of the model, whoever told it.
    fn summary_of_any(&self, case: &Case, figure: Figure) -> Option<f64> {
        let samples = self.samples.iter();
        let mut values = samples.filter(|s| s.key.case == *case && s.key.figure == figure);
        Some(values.next()?.value)
    }
}
