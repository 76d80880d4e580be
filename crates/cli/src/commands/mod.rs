//! The commands, one file or folder each.

mod bench;
mod chat;
mod generate;
mod inspect;
mod logits;
mod serve;
mod template;
mod tokenize;

use clap::Subcommand;

use crate::error::CliError;

/// What to do. The help is that of the arguments.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "made once")]
pub(crate) enum Command {
    Generate(generate::GenerateArgs),
    Chat(chat::ChatArgs),
    Serve(serve::ServeArgs),
    Logits(logits::LogitsArgs),
    Tokenize(tokenize::TokenizeArgs),
    Detokenize(tokenize::DetokenizeArgs),
    Template(template::TemplateArgs),
    Inspect(inspect::InspectArgs),
    Bench(bench::BenchArgs),
}

impl Command {
    /// Do it.
    pub(crate) fn run(self) -> Result<(), CliError> {
        match self {
            Command::Generate(args) => generate::run(&args),
            Command::Chat(args) => chat::run(&args),
            Command::Serve(args) => serve::run(args),
            Command::Logits(args) => logits::run(&args),
            Command::Tokenize(args) => tokenize::tokenize(&args),
            Command::Detokenize(args) => tokenize::detokenize(&args),
            Command::Template(args) => template::run(&args),
            Command::Inspect(args) => inspect::run(&args),
            Command::Bench(args) => bench::run(&args),
        }
    }
}
