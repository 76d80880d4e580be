//! What a bench says, to scripts and to people.

use std::fmt::Write;

use hearth_runtime::Engine;
use hearth_runtime::profile::{Cost, Profile};
use serde::Serialize;
use serde_json::{Value, json};

use super::{BenchArgs, Measured};

/// Speeds of several runs, in tokens per second.
#[derive(Debug, PartialEq)]
struct Speeds {
    median: f64,
    min: f64,
    max: f64,
    runs: Vec<f64>,
}

impl Speeds {
    /// From the seconds that runs of `tokens` tokens took; `None` without runs.
    fn new(tokens: usize, seconds: &[f64]) -> Option<Self> {
        let runs: Vec<f64> = seconds
            .iter()
            .map(|s| tokens as f64 / s.max(1e-9))
            .collect();
        let mut sorted = runs.clone();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => (sorted[middle - 1] + sorted[middle]) / 2.0,
            _ => sorted[middle],
        };
        Some(Speeds {
            median,
            min,
            max,
            runs,
        })
    }

    fn json(&self, tokens: usize) -> Value {
        json!({
            "tokens": tokens,
            "median_tokens_per_s": self.median,
            "min_tokens_per_s": self.min,
            "max_tokens_per_s": self.max,
            "runs_tokens_per_s": self.runs,
        })
    }
}

fn gb_per_s(measured: &Measured, speeds: &Speeds) -> f64 {
    measured.weight_bytes_per_token as f64 * speeds.median / 1e9
}

pub(super) fn json(args: &BenchArgs, engine: &Engine, measured: &Measured) -> Value {
    let info = engine.info();
    let prefill = measured.prefill.iter().filter_map(|prefill| {
        Some(Speeds::new(prefill.tokens, &prefill.seconds)?.json(prefill.tokens))
    });
    let decode = Speeds::new(args.decode, &measured.decode).map(|speeds| {
        let mut value = speeds.json(args.decode);
        value["gb_per_s"] = json!(gb_per_s(measured, &speeds));
        value["weight_bytes_per_token"] = json!(measured.weight_bytes_per_token);
        value
    });
    let mut value = json!({
        "prefill": prefill.collect::<Value>(),
        "decode": decode,
        "depth": args.depth,
        "repeat": args.repeat,
        "threads": info.threads,
        "isa": info.isa,
        "gpu": info.gpu,
        "gpu_dispatches": info.gpu_dispatches,
        "chunk": engine.chunk(),
        "load_s": engine.load_seconds(),
        "first_token_s": measured.first_token,
        "multiply_adds_per_prompt_token": measured.multiply_adds_per_prompt_token,
        "peak_memory_bytes": measured.peak_memory_bytes,
        "model": {
            "path": args.model,
            "name": info.name,
            "architecture": info.architecture,
            "parameters": info.parameters,
            "tensor_bytes": info.tensor_bytes,
            "cache_type": info.cache_type,
        },
        "versions": {
            "hearth": env!("CARGO_PKG_VERSION"),
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
        },
    });
    if args.profile {
        value["profile"] = json!({
            "prefill": measured.prefill_profile.as_ref().map(profile_json),
            "decode": measured.decode_profile.as_ref().map(profile_json),
        });
    }
    value
}

fn profile_json(profile: &Profile) -> Value {
    let operations = profile.operations.iter();
    let layers = profile.layers.iter();
    json!({
        "operations": operations.map(|(op, cost)| cost_json("operation", op, cost)).collect::<Value>(),
        "layers": layers.map(|(layer, cost)| cost_json("layer", layer, cost)).collect::<Value>(),
        "buffer_bytes": profile.buffer_bytes,
    })
}

fn cost_json(key: &str, of: impl Serialize, cost: &Cost) -> Value {
    let mut value = json!({ key: of });
    value["calls"] = json!(cost.calls);
    value["seconds"] = json!(cost.nanos as f64 / 1e9);
    value["weight_bytes"] = json!(cost.weight_bytes);
    value["bytes"] = json!(cost.bytes);
    value["gb_per_s"] = json!(cost.gb_per_s());
    value["dispatches"] = json!(cost.dispatches);
    value
}

pub(super) fn text(args: &BenchArgs, engine: &Engine, measured: &Measured) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut out, args, engine, measured);
    out
}

fn write_text(
    out: &mut String,
    args: &BenchArgs,
    engine: &Engine,
    measured: &Measured,
) -> std::fmt::Result {
    let info = engine.info();
    let on_cpu = || format!("{} threads · {}", info.threads, info.isa);
    writeln!(
        out,
        "{} · {} · {:.1} MB · {} · depth {}",
        info.name.as_deref().unwrap_or("no name"),
        info.architecture,
        info.tensor_bytes as f64 / 1e6,
        info.gpu.clone().unwrap_or_else(on_cpu),
        args.depth
    )?;
    write!(out, "load {:.2} s", engine.load_seconds())?;
    if let Some(seconds) = measured.first_token {
        write!(out, " · first token after {seconds:.2} s")?;
    }
    if let Some(dispatches) = info.gpu_dispatches {
        write!(out, " · {dispatches} dispatches a decoded token")?;
    }
    if let Some(bytes) = measured.peak_memory_bytes {
        write!(out, " · at most {:.0} MB in RAM", bytes as f64 / 1e6)?;
    }
    writeln!(out)?;
    for prefill in &measured.prefill {
        if let Some(speeds) = Speeds::new(prefill.tokens, &prefill.seconds) {
            speed_line(out, "prefill", prefill.tokens, &speeds)?;
            writeln!(out)?;
        }
    }
    if let Some(speeds) = Speeds::new(args.decode, &measured.decode) {
        speed_line(out, "decode", args.decode, &speeds)?;
        writeln!(out, ", {:.2} GB/s of weights", gb_per_s(measured, &speeds))?;
    }
    for (title, profile) in [
        ("prefill", &measured.prefill_profile),
        ("decode", &measured.decode_profile),
    ] {
        if let Some(profile) = profile {
            write_profile(out, title, profile)?;
        }
    }
    Ok(())
}

fn speed_line(out: &mut String, title: &str, tokens: usize, s: &Speeds) -> std::fmt::Result {
    write!(
        out,
        "{title:8} {tokens:>5} tokens  {:>10.2} tokens/s (median of {}, {:.2} to {:.2})",
        s.median,
        s.runs.len(),
        s.min,
        s.max
    )
}

fn write_profile(out: &mut String, title: &str, profile: &Profile) -> std::fmt::Result {
    let total = profile.nanos();
    let mut costs: Vec<_> = profile.operations.iter().collect();
    costs.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.nanos));
    writeln!(
        out,
        "\n{title:18} {:>8} {:>10} {:>10} {:>6} {:>9}",
        "calls", "dispatches", "ms", "%", "GB/s"
    )?;
    for (op, cost) in costs {
        let share = 100.0 * cost.nanos as f64 / total.max(1) as f64;
        let rate = cost.gb_per_s();
        let ms = cost.nanos as f64 / 1e6;
        writeln!(
            out,
            "  {op:16} {:>8} {:>10} {ms:>10.3} {share:>6.1} {rate:>9.2}",
            cost.calls, cost.dispatches
        )?;
    }
    let layers = profile.layers.values().map(|c| c.nanos as f64 / 1e6);
    if let Some(most) = layers.clone().reduce(f64::max) {
        let least = layers.fold(most, f64::min);
        let n = profile.layers.len();
        writeln!(out, "  {n} layers, {least:.3} to {most:.3} ms each")?;
    }
    if profile.buffer_bytes > 0 {
        let mb = profile.buffer_bytes as f64 / 1e6;
        writeln!(out, "  {mb:.1} MB of buffers")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let speeds = Speeds::new(10, &[2.0, 1.0, 5.0, 10.0]).unwrap();
        assert_eq!((speeds.median, speeds.min, speeds.max), (3.5, 1.0, 10.0));
        assert_eq!(speeds.runs, [5.0, 10.0, 2.0, 1.0]);
        assert_eq!(Speeds::new(3, &[1.5]).unwrap().median, 2.0);
        assert_eq!(Speeds::new(3, &[]), None);
    }
}
