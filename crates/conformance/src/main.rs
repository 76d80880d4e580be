//! What scripts ask of the suites: the plan for a browser, the verdict on what it recorded, the table of all suites.

use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;

use hearth_conformance::browser;
use hearth_conformance::ember;
use hearth_conformance::schemas;
use hearth_conformance::table::Table;

const USAGE: &str = "\
Usage: hearth-conformance <command>

  plan                    what a browser is asked, as JSON
  compare BUILD RECORDS [CASE…]
                          compare what a browser recorded in a folder, of some models or of all
  schemas                 what random models answer under some hundred schemas, as lines of JSON
  ember [EACH]            what the repository's own model makes of held-out samples: of all, or of so many of a kind
  table FOLDER            the verdicts of all suites, as one table

With HEARTH_CONFORMANCE set, `compare` and the test suites keep their verdicts in that folder.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["plan"] => {
            let plan = serde_json::to_string(&browser::plan()).expect("plans are plain data");
            println!("{plan}");
            ExitCode::SUCCESS
        }
        ["schemas"] => schemas(),
        ["ember"] => ember(usize::MAX),
        ["ember", each] => match each.parse() {
            Ok(each) => ember(each),
            Err(e) => {
                eprintln!("ember {each}: {e}");
                ExitCode::FAILURE
            }
        },
        ["compare", build, records, ref names @ ..] => {
            let table = browser::compare(Path::new(records), build, names);
            finish(table, Some(&format!("wasm-{build}")))
        }
        ["table", folder] => match Table::read_all(Path::new(folder)) {
            Ok(table) => finish(table, None),
            Err(e) => {
                eprintln!("{folder}: {e}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// Print the answers under all schemas; nothing without the models.
fn schemas() -> ExitCode {
    let answered = schemas::answers(|answer| {
        let line = serde_json::to_string(&answer).expect("answers are plain data");
        println!("{line}");
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Print how right ember is about at most `each` samples of a kind.
fn ember(each: usize) -> ExitCode {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let scores = ember::samples().and_then(|samples| {
        let some = ember::some_of_each_kind(&samples, each);
        ember::evaluate(&mut ember::load(threads)?, some)
    });
    match scores {
        Ok(scores) => {
            print!("{scores}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Print a table, keep it if it has a name, and say on standard error what is not as expected.
fn finish(table: Table, name: Option<&str>) -> ExitCode {
    println!("{table}");
    if let Some(name) = name {
        table.keep(name);
    }
    let bad = table.not_fine();
    for line in &bad {
        eprintln!("{line}");
    }
    if bad.is_empty() && !table.entries.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
