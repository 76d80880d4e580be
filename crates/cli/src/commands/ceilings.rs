//! `hearth ceilings`: what this machine can do at best, to compare a model's speed with.

use std::fmt::Write;

use clap::Args;
use hearth_runtime::ceilings::{Ceilings, MEMORY_BYTES};
use hearth_runtime::{Gpu, GpuCeilings, Isa};
use pollster::block_on;
use serde_json::{Value, json};

use crate::args::Device;
use crate::error::CliError;
use crate::model::{available_threads, new_pool};
use crate::output::Output;

/// Measure this machine: memory read, and arithmetic on 8-bit integers and f32; of a graphics card memory copied, and f32
///
/// The best of several runs counts. A multiplication with an addition is two operations.
#[derive(Debug, Args)]
pub(crate) struct CeilingsArgs {
    /// Threads, or several numbers of them, such as 1,2 [default: 1 and one per core]
    #[arg(long, short = 't', value_name = "T,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Vec<u16>,
    /// What to measure: the processor, or the graphics card
    #[arg(long, value_enum, default_value_t = Device::Auto, conflicts_with = "threads")]
    device: Device,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &CeilingsArgs) -> Result<(), CliError> {
    if args.device == Device::Gpu {
        return run_gpu(args);
    }
    let mut threads: Vec<usize> = args.threads.iter().map(|t| usize::from(*t)).collect();
    if threads.is_empty() {
        threads = vec![1, available_threads()];
        threads.dedup();
    }
    let isa = Isa::best();
    let mut measured = Vec::new();
    for threads in threads {
        measured.push((threads, Ceilings::measure(&mut new_pool(threads)?, isa)));
    }
    let mut output = Output::new();
    if args.json {
        output.json(&as_json(isa, &measured))
    } else {
        output.text(&as_text(isa, &measured))
    }
}

fn run_gpu(args: &CeilingsArgs) -> Result<(), CliError> {
    let gpu = block_on(Gpu::open())?;
    let measured = block_on(GpuCeilings::measure(&gpu))?;
    let mut output = Output::new();
    if args.json {
        output.json(&json!({
            "gpu": gpu.name(),
            "copied_bytes": measured.copied_bytes,
            "memory_bytes_per_s": measured.memory_bytes_per_s,
            "columns": measured.columns,
            "f32_ops_per_s": measured.f32_ops_per_s,
            "f16_ops_per_s": measured.f16_ops_per_s,
        }))
    } else {
        let mut text = format!(
            "{}\ncopies {:.1} GB/s, read and written\nf32 products {:.0} GFLOP/s, of {} columns\n",
            gpu.name(),
            measured.memory_bytes_per_s / 1e9,
            measured.f32_ops_per_s / 1e9,
            measured.columns,
        );
        if let Some(f16) = measured.f16_ops_per_s {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "f16 products {:.0} GFLOP/s", f16 / 1e9);
        }
        output.text(&text)
    }
}

fn as_json(isa: Isa, measured: &[(usize, Ceilings)]) -> Value {
    let rows = measured.iter().map(|(threads, ceilings)| {
        json!({
            "threads": threads,
            "memory_bytes_per_s": ceilings.memory_bytes_per_s,
            "int8_ops_per_s": ceilings.int8_ops_per_s,
            "f32_ops_per_s": ceilings.f32_ops_per_s,
        })
    });
    json!({
        "isa": isa.name(),
        "memory_bytes": MEMORY_BYTES,
        "ceilings": rows.collect::<Value>(),
    })
}

fn as_text(isa: Isa, measured: &[(usize, Ceilings)]) -> String {
    let mut out = format!("{isa}\nthreads  memory GB/s  8-bit GOP/s  f32 GFLOP/s\n");
    for (threads, c) in measured {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{threads:>7}  {:>11.1}  {:>11.0}  {:>11.0}",
            c.memory_bytes_per_s / 1e9,
            c.int8_ops_per_s / 1e9,
            c.f32_ops_per_s / 1e9
        );
    }
    out
}
