//! `hearth quantize`: the same model in fewer bits. Tensors pass through piece by piece, so that a large model needs
//! no more memory than a small one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use hearth_runtime::gguf::{Gguf, GgufBody, GgufWriter, ReadAt, TensorInfo, Value, WriteError};
use hearth_runtime::load::parse;
use hearth_runtime::{DType, dequantize, quantize};
use serde_json::json;

use crate::error::CliError;
use crate::file_type::{FileType, Mix, Traits};
use crate::interrupt::{self, Catch};
use crate::model::{available_threads, open, part_paths};
use crate::new_file::NewFile;
use crate::output::Output;
use crate::progress::{Progress, Unit};

/// Elements of a piece for each thread.
const PIECE_ELEMS: usize = 1 << 20;

/// `general.quantization_version`: that of the block layouts.
pub(crate) const QUANTIZATION_VERSION: u32 = 2;

/// Write a model anew with smaller weights
///
/// Which tensor gets which type follows llama-quantize: norms and other small tensors stay as they are, and the types
/// with _M keep some layers in more bits. The new file appears when it is complete.
#[derive(Debug, Args)]
pub(crate) struct QuantizeArgs {
    /// GGUF file with F32, F16 or BF16 weights; of a split model any part, with the others beside it
    model: PathBuf,
    /// File to write
    out: PathBuf,
    /// Type of the weights
    #[arg(value_enum, ignore_case = true)]
    file_type: FileType,
    /// Also round weights that were rounded before, which adds the errors up
    #[arg(long)]
    allow_requantize: bool,
    /// Threads that compute [default: one per core]
    #[arg(long, short = 't', value_name = "T")]
    threads: Option<NonZeroUsize>,
    /// Print sizes and the number of tensors of each type as JSON
    #[arg(long)]
    json: bool,
}

/// A tensor and the type that it will have.
struct Planned<'g> {
    info: &'g TensorInfo,
    dtype: DType,
}

pub(crate) fn run(args: &QuantizeArgs) -> Result<(), CliError> {
    if !quantize::is_supported(args.file_type.dtype()) {
        return Err(CliError::Usage(
            "nothing can be rounded to MXFP4 yet; choose another type",
        ));
    }
    interrupt::install();
    let started = Instant::now();
    let parts = open(&args.model)?;
    let gguf = parse(&parts).map_err(CliError::model(&args.model))?;
    check_out(args)?;
    let plan = plan(args, &gguf)?;
    // From here on Ctrl-C must leave time to remove what was begun.
    let catch = Catch::new();
    let mut file = NewFile::create(&args.out)?;
    let body = header(args.file_type, &gguf, &plan)
        .and_then(|writer| writer.begin(&mut file))
        .map_err(writing(&args.out))?;
    write(args, &parts, &plan, body, &catch)?;
    file.keep()?;
    report(args, &plan, started.elapsed().as_secs_f64())
}

/// The model itself must not be written over: it is read to the end.
fn check_out(args: &QuantizeArgs) -> Result<(), CliError> {
    let Ok(out) = args.out.canonicalize() else {
        return Ok(());
    };
    let same = |part: PathBuf| part.canonicalize().is_ok_and(|part| part == out);
    if part_paths(&args.model).into_iter().any(same) {
        let path = args.out.clone();
        return Err(CliError::WouldOverwrite { path });
    }
    Ok(())
}

fn plan<'g>(args: &QuantizeArgs, gguf: &'g Gguf) -> Result<Vec<Planned<'g>>, CliError> {
    let names = gguf.tensors().iter().map(|t| t.name.as_str());
    let mix = Mix::new(args.file_type, traits(gguf), names);
    let planned = gguf.tensors().iter().map(|info| {
        let wanted = mix.dtype(&info.name, info.shape.dims());
        let readable = dequantize::is_supported(info.dtype);
        let dtype = wanted.filter(|_| readable).unwrap_or(info.dtype);
        let again = info.dtype.is_quantized() && dtype != info.dtype;
        if again && !args.allow_requantize {
            return Err(CliError::Requantize {
                tensor: info.name.clone(),
                dtype: info.dtype,
            });
        }
        Ok(Planned { info, dtype })
    });
    planned.collect()
}

fn traits(gguf: &Gguf) -> Traits {
    let metadata = gguf.metadata();
    let architecture = metadata.get_str("general.architecture").unwrap_or_default();
    let count = |key: &str| metadata.get_usize(&format!("{architecture}.{key}"));
    let n_layers = count("block_count").unwrap_or(0);
    Traits {
        n_layers,
        n_experts: count("expert_count").unwrap_or(0),
        is_llama_70b: architecture == "llama" && n_layers == 80,
    }
}

/// All metadata as they are, but for those that say what this file is.
fn header(
    file_type: FileType,
    gguf: &Gguf,
    plan: &[Planned<'_>],
) -> Result<GgufWriter, WriteError> {
    let own: [(&str, Value); 2] = [
        ("general.file_type", file_type.number().into()),
        ("general.quantization_version", QUANTIZATION_VERSION.into()),
    ];
    let mut writer = GgufWriter::new();
    for (key, value) in gguf.metadata().iter() {
        if !key.starts_with("split.") && own.iter().all(|(own, _)| *own != key) {
            writer.metadata(key, value.clone())?;
        }
    }
    for (key, value) in own {
        writer.metadata(key, value)?;
    }
    for tensor in plan {
        writer.tensor(&tensor.info.name, tensor.dtype, &tensor.info.shape)?;
    }
    Ok(writer)
}

/// Every tensor, piece by piece.
fn write(
    args: &QuantizeArgs,
    parts: &[Box<dyn ReadAt>],
    plan: &[Planned<'_>],
    mut body: GgufBody<&mut NewFile>,
    catch: &Catch,
) -> Result<(), CliError> {
    let threads = args
        .threads
        .map_or_else(available_threads, NonZeroUsize::get);
    let total = plan.iter().map(|tensor| tensor.info.bytes).sum();
    let mut progress = Progress::new("quantising", Unit::Bytes, total);
    let (mut done, mut piece, mut out) = (0, Vec::new(), Vec::new());
    for Planned { info, dtype } in plan {
        for range in pieces(info, *dtype, threads) {
            piece.resize(range.len, 0);
            let offset = info.offset + range.start;
            parts[info.file_index]
                .read_exact_at(offset, &mut piece)
                .map_err(|source| {
                    CliError::from(hearth_runtime::RuntimeError::Read {
                        tensor: info.name.clone(),
                        source,
                    })
                })?;
            let bytes = if *dtype == info.dtype {
                &piece
            } else {
                convert(info, *dtype, &piece, &mut out, threads)?;
                &out
            };
            body.append(bytes).map_err(writing(&args.out))?;
            done += range.len as u64;
            progress.at(done);
            if catch.pressed() {
                return Err(CliError::Interrupted);
            }
        }
    }
    body.finish().map_err(writing(&args.out))?;
    Ok(())
}

/// A part of a tensor's bytes.
struct Piece {
    start: u64,
    len: usize,
}

/// The pieces of a tensor: whole blocks of both types.
fn pieces(info: &TensorInfo, to: DType, threads: usize) -> impl Iterator<Item = Piece> + use<> {
    let unit = info.dtype.block_elems().max(to.block_elems());
    let elems = (PIECE_ELEMS * threads).next_multiple_of(unit);
    let bytes = elems / info.dtype.block_elems() * info.dtype.block_bytes();
    let (total, step) = (info.bytes, bytes as u64);
    (0..total.div_ceil(step)).map(move |i| Piece {
        start: i * step,
        len: usize::try_from(step.min(total - i * step)).unwrap_or(bytes),
    })
}

/// Whole blocks of one type to blocks of another, by all threads.
fn convert(
    info: &TensorInfo,
    to: DType,
    from: &[u8],
    out: &mut Vec<u8>,
    threads: usize,
) -> Result<(), CliError> {
    let unit = info.dtype.block_elems().max(to.block_elems());
    let elems = from.len() / info.dtype.block_bytes() * info.dtype.block_elems();
    let bytes = |dtype: DType, elems: usize| elems / dtype.block_elems() * dtype.block_bytes();
    out.resize(bytes(to, elems), 0);
    let share = elems.div_ceil(threads).next_multiple_of(unit);
    std::thread::scope(|scope| {
        let inputs = from.chunks(bytes(info.dtype, share));
        let outputs = out.chunks_mut(bytes(to, share));
        let workers: Vec<_> = inputs
            .zip(outputs)
            .map(|(from, out)| scope.spawn(move || convert_share(info, to, from, out)))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a share does not panic"))
    })
}

fn convert_share(
    info: &TensorInfo,
    to: DType,
    from: &[u8],
    out: &mut [u8],
) -> Result<(), CliError> {
    let blocks = from.len() / info.dtype.block_bytes();
    let mut floats = vec![0.0; blocks * info.dtype.block_elems()];
    let failed = |source| CliError::Quantize {
        tensor: info.name.clone(),
        source,
    };
    // The plan converts nothing that cannot be read.
    let unreadable = |_| failed(quantize::QuantizeError::UnsupportedDType { dtype: info.dtype });
    dequantize::dequantize_row_into(info.dtype, from, &mut floats).map_err(unreadable)?;
    quantize::quantize_row_into(to, &floats, out).map_err(failed)
}

/// The failure of writing the model at `path`.
pub(crate) fn writing(path: &Path) -> impl Fn(WriteError) -> CliError + '_ {
    move |error| match error {
        WriteError::Io { source } => CliError::Write {
            path: path.to_owned(),
            source,
        },
        source => CliError::WriteModel {
            path: path.to_owned(),
            source,
        },
    }
}

fn report(args: &QuantizeArgs, plan: &[Planned<'_>], seconds: f64) -> Result<(), CliError> {
    let before: u64 = plan.iter().map(|tensor| tensor.info.bytes).sum();
    let mut tensors: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in plan {
        *tensors.entry(tensor.dtype.name()).or_default() += 1;
    }
    let after = std::fs::metadata(&args.out).map_or(0, |file| file.len());
    let mut output = Output::new();
    if args.json {
        return output.json(&json!({
            "out": args.out,
            "file_type": args.file_type.to_string(),
            "tensor_bytes_before": before,
            "size_bytes": after,
            "tensors": tensors,
            "seconds": seconds,
        }));
    }
    output.line(&format!(
        "{}: {}, {} MB of weights before, {} MB now, in {seconds:.1} s",
        args.out.display(),
        args.file_type,
        before / 1_000_000,
        after / 1_000_000,
    ))
}
