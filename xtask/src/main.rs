//! `cargo xtask`: set-up, build, test and checks of Hearth.
//!
//! What is there is used, what is missing is installed, and where that cannot be done the message says the exact
//! command. Everything large lives in one cache outside the checkout (`$HEARTH_CACHE`, else `~/.cache/hearth`).

mod app;
mod bench;
mod check;
mod conformance;
mod packages;
mod process;
mod report;
mod screenshots;
mod setup;
mod single_file;
mod suites;
mod tally;
mod wasm;
mod wasm_tests;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  app [--models DIR] [--port N]   set everything up, build, serve the app and print its address
  examples [--models DIR] [--port N]  the same with the SDK's examples
  single-file [--out PATH]        make the page one HTML file, which runs from the disk (by default dist/hearth.html)
  screenshots                     pictures of every page, light and dark, in both languages, phone and desktop
  test [--fast]                   set everything up and run every suite (--fast: no wasm, no browser, no licences)
  conformance                     every reference model on every backend, native and in the browser, as one table
  check                           dependency edges, file sizes and the other rules of the tree
  check-deps                      the dependency edges alone
  readme                          write into the README what the code's tables say runs
  bench [OPTIONS]                 measure against the peers and the machine, and write benches/record (bench --help: OPTIONS)
  setup                           find or install what the other commands need
  wasm [compat|full|store]        build the wasm builds

Environment: HEARTH_CACHE (cache folder), HEARTH_SHARED (test data, default ../shared), HEARTH_WASM_RUST
(rustup | system: which Rust builds wasm), CHROMIUM and FIREFOX (the browsers), CARGO_TARGET_DIR (native builds).";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; `Ok(false)` is a failure that has been reported already.
fn dispatch(args: &[&str]) -> Result<bool, String> {
    match args {
        ["bench", rest @ ..] if asks_for_help(rest) => {
            println!("{}", bench::USAGE);
            Ok(true)
        }
        _ if asks_for_help(args) => {
            println!("{USAGE}");
            Ok(true)
        }
        ["app", rest @ ..] => app::run(&Workspace::find()?, &app_options(rest)?).map(|()| true),
        ["examples", rest @ ..] => {
            app::examples(&Workspace::find()?, &app_options(rest)?).map(|()| true)
        }
        ["single-file"] => single_file::run(&Workspace::find()?, None).map(|()| true),
        ["single-file", "--out", path] => {
            single_file::run(&Workspace::find()?, Some(Path::new(path))).map(|()| true)
        }
        ["screenshots"] => screenshots::run(&Workspace::find()?).map(|()| true),
        ["test"] => suites::run(&Workspace::find()?, false),
        ["test", "--fast"] => suites::run(&Workspace::find()?, true),
        ["conformance"] => conformance::run(&Workspace::find()?),
        ["check"] => check::run(&Workspace::find()?).map(|()| true),
        ["check-deps"] => check::run_deps(&Workspace::find()?).map(|()| true),
        ["readme"] => suites::write_readme(&Workspace::find()?).map(|()| true),
        ["bench", rest @ ..] => bench::run(&Workspace::find()?, rest).map(|()| true),
        // Not for people: the process that takes a core while the bench measures.
        [bench::SPIN] => {
            bench::spin();
            Ok(true)
        }
        ["setup"] => setup::everything(&Workspace::find()?).map(|()| true),
        ["wasm"] => wasm::run(&Workspace::find()?, &wasm::ALL).map(|()| true),
        ["wasm", name] => {
            let variant = wasm::variant(name).ok_or(format!("no wasm build `{name}`\n{USAGE}"))?;
            wasm::run(&Workspace::find()?, &[variant]).map(|()| true)
        }
        [] | ["help"] => {
            println!("{USAGE}");
            Ok(!args.is_empty())
        }
        _ => Err(format!("cannot read `{}`\n{USAGE}", args.join(" "))),
    }
}

fn asks_for_help(args: &[&str]) -> bool {
    args.iter().any(|word| matches!(*word, "--help" | "-h"))
}

fn app_options(args: &[&str]) -> Result<app::Options, String> {
    let mut options = app::Options::default();
    for pair in args.chunks(2) {
        match pair {
            ["--models", dir] => options.models = Some(PathBuf::from(dir)),
            ["--port", port] => {
                options.port = Some(
                    port.parse()
                        .map_err(|_| format!("--port {port}: not a port number"))?,
                );
            }
            _ => return Err(format!("cannot read `{}`\n{USAGE}", pair.join(" "))),
        }
    }
    Ok(options)
}
