//! From a path to a loaded model: all parts of a split file, with progress.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hearth_runtime::gguf::{Gguf, ReadAt, split_names};
use hearth_runtime::load::parse;
use hearth_runtime::{Engine, Gpu, Hardware, LoadOptions, Loader, Pool};
use pollster::block_on;

use crate::args::{Device, RunArgs, SpeculationArgs};
use crate::error::CliError;
use crate::gpu_record;
use crate::interrupt;
use crate::output;
use crate::progress::{Progress, Unit};

/// The files of a model, in order: one, or all parts of a split one, whichever part `path` names.
pub(crate) fn part_paths(path: &Path) -> Vec<PathBuf> {
    let names = path
        .file_name()
        .and_then(|n| n.to_str())
        .and_then(split_names);
    match names {
        Some(names) => names.iter().map(|name| path.with_file_name(name)).collect(),
        None => vec![path.to_owned()],
    }
}

/// Open the files of a model.
pub(crate) fn open(path: &Path) -> Result<Vec<Box<dyn ReadAt>>, CliError> {
    let paths = part_paths(path);
    let count = paths.len();
    let mut parts: Vec<Box<dyn ReadAt>> = Vec::new();
    for (index, part) in paths.iter().enumerate() {
        let file = open_file(part).map_err(|error| match error {
            CliError::Open { path, source } if count > 1 => CliError::MissingPart {
                path,
                number: index + 1,
                count,
                source,
            },
            other => other,
        })?;
        parts.push(Box::new(file));
    }
    Ok(parts)
}

/// Open a file, and nothing but a file.
pub(crate) fn open_file(path: &Path) -> Result<File, CliError> {
    let opening = |source| CliError::Open {
        path: path.to_owned(),
        source,
    };
    // Asked before opening, because opening a pipe waits for its other end.
    let kind = std::fs::metadata(path).map_err(opening)?.file_type();
    if !kind.is_file() {
        return Err(CliError::NotAFile {
            path: path.to_owned(),
            found: if kind.is_dir() {
                "a directory"
            } else {
                "a device or pipe"
            },
        });
    }
    File::open(path).map_err(opening)
}

/// The header of a model.
pub(crate) fn header(path: &Path) -> Result<Gguf, CliError> {
    parse(&open(path)?).map_err(CliError::model(path))
}

/// What a command needs beyond the options of [`RunArgs`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// Logits of every token, not just of the last one.
    pub(crate) all_logits: bool,
    /// Context in tokens, where `--context` does not say.
    pub(crate) context: Option<usize>,
}

/// Load a model.
pub(crate) fn load(model: &Path, args: &RunArgs, needs: Needs) -> Result<Engine, CliError> {
    interrupt::install();
    let parts = open(model)?;
    let hardware = hardware(args)?;
    if let Some(record) = gpu_record::read() {
        hardware.remember(&record);
    }
    let loader = Loader::open(parts, options(args, needs), hardware);
    let mut loader = loader.map_err(CliError::model(model))?;
    let mut progress = Progress::new("loading", Unit::Bytes, loader.progress().total_bytes);
    while block_on(loader.step()).map_err(CliError::model(model))? {
        progress.at(loader.progress().done_bytes);
    }
    let engine = block_on(loader.finish()).map_err(CliError::model(model))?;
    drop(progress);
    if let Some(record) = engine.gpu_record() {
        gpu_record::write(&record);
    }
    for note in &engine.info().notes {
        output::note(&format!("note: {note}"));
    }
    Ok(engine)
}

/// Load a model that generates, and the one that guesses for it.
pub(crate) fn load_generating(
    model: &Path,
    args: &RunArgs,
    speculation: &SpeculationArgs,
) -> Result<Engine, CliError> {
    let mut engine = load(model, args, Needs::default())?;
    if let Some(path) = &speculation.draft_model {
        let needs = Needs {
            context: Some(engine.info().n_ctx),
            ..Needs::default()
        };
        let draft = load(path, args, needs)?;
        let checked = engine.set_draft_model(draft);
        checked.map_err(CliError::model(path))?;
    }
    Ok(engine)
}

/// The loader's options.
pub(crate) fn options(args: &RunArgs, needs: Needs) -> LoadOptions {
    let defaults = LoadOptions::default();
    let chunk = args.chunk.map_or(defaults.chunk, |n| n.get());
    LoadOptions {
        context: args.context.map(|n| n.get()).or(needs.context),
        activations: args.activations.into(),
        cache_dtype: args.cache_type.map(Into::into),
        chunk,
        max_outputs: if needs.all_logits {
            chunk
        } else {
            defaults.max_outputs
        },
        tune_threads: args.threads.is_none(),
        ..defaults
    }
}

fn hardware(args: &RunArgs) -> Result<Hardware, CliError> {
    match args.device {
        Device::Gpu => Ok(block_on(Gpu::open())?.into()),
        Device::Cpu => Ok(pool_of(args)?.into()),
        Device::Auto => Ok(block_on(Hardware::gpu_or_cpu(pool_of(args)?))),
    }
}

fn pool_of(args: &RunArgs) -> Result<Pool, CliError> {
    new_pool(args.threads.map_or_else(available_threads, Into::into))
}

/// A pool of so many threads.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn new_pool(threads: usize) -> Result<Pool, CliError> {
    Pool::new(threads).map_err(|source| CliError::Threads { threads, source })
}

/// A pool of one: WASI has no threads.
#[cfg(target_family = "wasm")]
pub(crate) fn new_pool(threads: usize) -> Result<Pool, CliError> {
    match threads {
        0 | 1 => Ok(Pool::single()),
        _ => Err(CliError::Threads {
            threads,
            source: io::ErrorKind::Unsupported.into(),
        }),
    }
}

/// Threads that this machine runs at once.
pub(crate) fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// A whole file, or what comes out of a pipe, as it is. `-` is standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(CliError::Stdin)?;
        return Ok(bytes);
    }
    let path = path.to_owned();
    if path.is_dir() {
        let found = "a directory";
        return Err(CliError::NotAFile { path, found });
    }
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(source) => return Err(CliError::Open { path, source }),
    };
    match file.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) => Err(CliError::ReadFile { path, source }),
    }
}

/// A whole text file, as it is. `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| CliError::NotUtf8 {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}
