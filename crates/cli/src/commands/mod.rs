//! The commands, one file or folder each.

mod bench;
mod ceilings;
mod chat;
mod embed;
mod generate;
mod inspect;
mod logits;
mod parse;
mod perplexity;
mod quantize;
mod self_test;
#[cfg(not(target_family = "wasm"))]
mod serve;
mod supported;
mod synth;
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
    #[cfg(not(target_family = "wasm"))]
    Serve(serve::ServeArgs),
    Logits(logits::LogitsArgs),
    Perplexity(perplexity::PerplexityArgs),
    Embed(embed::EmbedArgs),
    Tokenize(tokenize::TokenizeArgs),
    Detokenize(tokenize::DetokenizeArgs),
    Template(template::TemplateArgs),
    Parse(parse::ParseArgs),
    Inspect(inspect::InspectArgs),
    Bench(bench::BenchArgs),
    Ceilings(ceilings::CeilingsArgs),
    SelfTest(self_test::SelfTestArgs),
    Supported(supported::SupportedArgs),
    Quantize(quantize::QuantizeArgs),
    Synth(synth::SynthArgs),
}

impl Command {
    /// Do it.
    pub(crate) fn run(self) -> Result<(), CliError> {
        match self {
            Command::Generate(args) => generate::run(&args),
            Command::Chat(args) => chat::run(&args),
            #[cfg(not(target_family = "wasm"))]
            Command::Serve(args) => serve::run(args),
            Command::Logits(args) => logits::run(&args),
            Command::Perplexity(args) => perplexity::run(&args),
            Command::Embed(args) => embed::run(&args),
            Command::Tokenize(args) => tokenize::tokenize(&args),
            Command::Detokenize(args) => tokenize::detokenize(&args),
            Command::Template(args) => template::run(&args),
            Command::Parse(args) => parse::run(&args),
            Command::Inspect(args) => inspect::run(&args),
            Command::Bench(args) => bench::run(&args),
            Command::Ceilings(args) => ceilings::run(&args),
            Command::SelfTest(args) => self_test::run(&args),
            Command::Supported(args) => supported::run(&args),
            Command::Quantize(args) => quantize::run(&args),
            Command::Synth(args) => synth::run(&args),
        }
    }
}
