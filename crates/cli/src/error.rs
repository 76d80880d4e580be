//! Every failure of the program: what, where, what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hearth_runtime::{DType, GpuError, Isa, RuntimeError};
use hearth_runtime::{
    gguf::WriteError, quantize::QuantizeError, text::TemplateError, text::TokenizerJsonError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CliError {
    /// A file cannot be opened.
    #[error("cannot open {}: {source}; check the path", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A model or text was asked for, but the path is a directory or a device.
    #[error("{} is {found}, not a file; give the file itself", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// A part of a split model is not there.
    #[error(
        "cannot open part {number} of {count} of the split model, {}: {source}; put all parts into one folder",
        path.display()
    )]
    MissingPart {
        /// Where the part should be.
        path: PathBuf,
        /// Its number, from 1.
        number: usize,
        /// Number of parts.
        count: usize,
        /// Why it cannot be opened.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A text file is no text.
    #[error("{} is not UTF-8 (at byte {offset}); convert it first", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong.
        offset: usize,
    },
    /// A file whose name does not tell what grammar it holds.
    #[error("{} holds no grammar that is known; name it .gbnf (llama.cpp's form) or .lark (llguidance's)", path.display())]
    GrammarFile {
        /// The file.
        path: PathBuf,
    },
    /// A JSON file is not usable.
    #[error("{} is not the JSON expected: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A model file is not usable.
    #[error("{}: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RuntimeError,
    },
    /// The model was loaded, but what was asked of it failed.
    #[error("{0}")]
    Run(#[source] RuntimeError),
    /// Text was given, but the file's vocabulary is not usable.
    #[error("{}: {source}", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<RuntimeError>,
    },
    /// The prompt does not fit.
    #[error(
        "the prompt has {prompt} tokens, but the context holds {context}; shorten the prompt or give a larger --context"
    )]
    PromptTooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens of the context.
        context: usize,
    },
    /// The text has too few tokens to measure with.
    #[error(
        "the text has {found} tokens, but {needed} are needed: two windows of {window}; give a longer text or a smaller --window"
    )]
    TextTooShort {
        /// Its tokens.
        found: usize,
        /// Tokens that are needed.
        needed: usize,
        /// Tokens of a window.
        window: usize,
    },
    /// A session file is not usable.
    #[error("{}: {source}, or give --session another file", path.display())]
    Session {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RuntimeError,
    },
    /// Chat with a model that has no template.
    #[error(
        "{} has no chat template, so it cannot hold a conversation; `hearth generate` continues a text with it",
        path.display()
    )]
    NoTemplate {
        /// The file.
        path: PathBuf,
    },
    /// A chat template is not usable.
    #[error("{}: {source}", path.display())]
    Template {
        /// The template or the model that has it.
        path: PathBuf,
        /// Why.
        source: TemplateError,
    },
    /// A `tokenizer.json` is not usable.
    #[error("{}: {source}", path.display())]
    TokenizerJson {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TokenizerJsonError,
    },
    /// `--device gpu`.
    #[error("{0} (--device cpu)")]
    Gpu(#[from] GpuError),
    /// Threads cannot be started.
    #[error("cannot start {threads} threads: {source}; give fewer with --threads")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// Why.
        source: io::Error,
    },
    /// Two options that exclude each other, or one that is missing.
    #[error("{0}; see --help")]
    Usage(&'static str),
    /// The result cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The result cannot be a model file.
    #[error("cannot write {}: {source}", path.display())]
    WriteModel {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
    /// The result would take the place of the model that it is made from.
    #[error("{} is the model itself; give another file to write", path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },
    /// Weights that were rounded before would be rounded again.
    #[error(
        "tensor {tensor} is {dtype} already, and rounding it again adds the errors up; take a file with F16, BF16 or F32 weights, or give --allow-requantize"
    )]
    Requantize {
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: DType,
    },
    /// A tensor cannot be rounded.
    #[error("tensor {tensor}: {source}")]
    Quantize {
        /// The tensor.
        tensor: String,
        /// Why.
        source: QuantizeError,
    },
    /// Kernels do not compute what they should.
    #[error(
        "{failed} of {checks} kernels compute something else than their references on {isa}, so answers may be wrong; run it again, and \
         if the same ones fail, report them, or else look after this machine's processor and memory"
    )]
    SelfTest {
        /// How many are wrong.
        failed: usize,
        /// How many were asked.
        checks: usize,
        /// The instruction set.
        isa: Isa,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Stdin(#[source] io::Error),
    /// Whoever read standard output went away. Not shown.
    #[error("standard output was closed")]
    BrokenPipe,
    /// Ctrl-C. Not shown.
    #[error("interrupted")]
    Interrupted,
    /// The folder with the app is not there.
    #[cfg(not(target_family = "wasm"))]
    #[error(
        "the app is not built: {} has no index.html; run `cargo xtask app`, or give its folder with --app",
        path.display()
    )]
    NoApp {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What the page may fetch from is no origin.
    #[cfg(not(target_family = "wasm"))]
    #[error(
        "--connect {origin}: give a scheme and a host, such as https://models.example or https://models.example:8443, or `none`"
    )]
    NoOrigin {
        /// What was given.
        origin: String,
    },
    /// The folder with the models is not there.
    #[cfg(not(target_family = "wasm"))]
    #[error("cannot serve models from {}: {source}; give an existing folder with --models", path.display())]
    ModelsFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The port is taken.
    #[cfg(not(target_family = "wasm"))]
    #[error(
        "port {port} of {host} is taken; choose another with --port, or --port 0 for any free one"
    )]
    PortTaken {
        /// Where.
        host: String,
        /// The port.
        port: u16,
    },
    /// The server cannot listen.
    #[cfg(not(target_family = "wasm"))]
    #[error("cannot listen on {host}:{port}: {source}; check --host and --port")]
    Listen {
        /// Where.
        host: String,
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The server ended.
    #[cfg(not(target_family = "wasm"))]
    #[error("the server stopped: {0}")]
    Serve(#[source] io::Error),
}

impl CliError {
    /// A failure while loading the model at `path`.
    pub(crate) fn model(path: &std::path::Path) -> impl FnOnce(RuntimeError) -> Self {
        let path = path.to_owned();
        move |source| match source {
            RuntimeError::NoTemplate => CliError::NoTemplate { path },
            source => CliError::Model { path, source },
        }
    }

    /// Whether the command line was wrong.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, CliError::Usage(_))
    }
}

/// A failure after loading. The hint names the option of this program.
impl From<RuntimeError> for CliError {
    fn from(error: RuntimeError) -> Self {
        match error {
            RuntimeError::PromptTooLong { prompt, context } => {
                CliError::PromptTooLong { prompt, context }
            }
            other => CliError::Run(other),
        }
    }
}
