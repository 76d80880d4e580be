//! Running other programs: streamed, captured, or with a time limit. Standard input is always empty.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Runs a command with its output on the terminal; a failure is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("$ {}", shown(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|e| cannot_start(command, &e))?;
    succeeded(command, status)
}

/// Runs a command quietly and gives its standard output; a failure carries its standard error.
pub(crate) fn capture(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| cannot_start(command, &e))?;
    succeeded(command, output.status).map_err(|message| {
        format!(
            "{message}\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        )
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command with both outputs on the terminal, in order, and shows each line to `each`; gives whether it succeeded.
pub(crate) fn tee(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool, String> {
    println!("$ {}", shown(command));
    let pipe_failed = |e: std::io::Error| format!("cannot make a pipe: {e}");
    let (reader, writer) = std::io::pipe().map_err(pipe_failed)?;
    command
        .stdin(Stdio::null())
        .stderr(writer.try_clone().map_err(pipe_failed)?)
        .stdout(writer);
    let mut child = command.spawn().map_err(|e| cannot_start(command, &e))?;
    // The command holds copies of the writing ends: without this the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line =
            line.map_err(|e| format!("cannot read the output of {}: {e}", shown(command)))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        each(&line);
    }
    Ok(child
        .wait()
        .map_err(|e| format!("cannot wait for {}: {e}", shown(command)))?
        .success())
}

/// Runs a command as [`run`] does, and ends it after `limit`.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<(), String> {
    println!("$ {}", shown(command));
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .map_err(|e| cannot_start(command, &e))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return succeeded(command, status),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(100)),
            outcome => {
                let killed = child.kill().and_then(|()| child.wait().map(drop));
                let why = outcome
                    .and(killed)
                    .err()
                    .map_or(String::new(), |e| format!(" ({e})"));
                return Err(format!(
                    "`{}` took longer than {} s{why}",
                    shown(command),
                    limit.as_secs()
                ));
            }
        }
    }
}

/// The first program of that name on PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(&file))
        .find(|path| path.is_file())
}

/// `PATH` with one folder put first.
pub(crate) fn path_with(first: &Path) -> Result<std::ffi::OsString, String> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(first.to_path_buf()).chain(std::env::split_paths(&rest)))
        .map_err(|e| format!("cannot put {} on PATH: {e}", first.display()))
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed ({status})", shown(command)))
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!(
        "cannot start `{}`: {error}",
        command.get_program().display()
    )
}

/// The command as a person would type it, the program without its folder.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
