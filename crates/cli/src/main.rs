//! The `hearth` program: language models on the command line, and the server of the app.
//!
//! | module | holds |
//! |---|---|
//! | [`args`] | what the commands have in common on the command line |
//! | [`commands`] | one file or folder per command |
//! | [`model`] | files to a loaded model |
//! | [`session`] | what a model has computed, kept for the next time |
//! | [`file_type`] | kinds of quantised files, and the types of their tensors |
//! | [`new_file`] | files that appear when they are complete |
//! | [`answer`] | one generation, from prompt to end |
//! | [`progress`] | progress bars for people |
//! | [`interrupt`] | Ctrl-C |
//! | [`output`] | standard output and the one line of an error |
//! | [`error`] | every failure |
//!
//! A failure ends with status 1 and a wrong command line with status 2, each with one line on standard error. A reader
//! that closes the pipe ends the program quietly.
//!
//! Built for WASI it runs with one thread, without a server, progress bars and Ctrl-C of its own.

mod answer;
mod args;
mod commands;
mod error;
mod file_type;
mod gpu_record;
mod interrupt;
mod model;
mod new_file;
mod output;
#[cfg(not(target_family = "wasm"))]
mod progress;
#[cfg(target_family = "wasm")]
#[path = "no_progress.rs"]
mod progress;
mod session;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::commands::Command;
use crate::error::CliError;

/// Run language models on this machine
#[derive(Debug, Parser)]
#[command(
    name = "hearth",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Status of a wrong command line.
const USAGE: u8 = 2;
/// Status after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    report_panics_in_one_line();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_command_line(&error),
    };
    match cli.command.run() {
        Ok(()) | Err(CliError::BrokenPipe) => ExitCode::SUCCESS,
        Err(CliError::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            output::complain(&error.to_string());
            ExitCode::from(if error.is_usage() { USAGE } else { 1 })
        }
    }
}

/// Help and version as clap has them; everything else in one line.
fn wrong_command_line(error: &clap::Error) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help {
        // Nobody is left to tell when this fails.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
    }
    let text = error.to_string();
    let end = ["\n\nUsage:", "\n\nFor more information"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min();
    let text = text[..end.unwrap_or(text.len())].trim_start_matches("error: ");
    // A hint stands in a paragraph of its own.
    output::complain(&format!("{}; see --help", text.replace("\n\n", "; ")));
    ExitCode::from(USAGE)
}

/// A panic is a defect; say so in the form of every other failure.
fn report_panics_in_one_line() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let payload = info.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        output::complain(&format!(
            "internal error at {}: {}; this is a defect of hearth, please report it",
            place.unwrap_or_default(),
            message.unwrap_or("no message")
        ));
    }));
}
