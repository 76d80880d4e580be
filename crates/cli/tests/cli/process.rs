//! Runs the program, with a limit on time.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No test needs this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The program's path.
pub(crate) const HEARTH: &str = env!("CARGO_BIN_EXE_hearth");

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("the output is text")
    }

    /// The output as JSON, of a run that must have succeeded.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_slice(&self.stdout).expect("the output is JSON")
    }
}

/// A command line; arguments are whatever can be shown.
#[macro_export]
macro_rules! hearth {
    ($($arg:expr),* $(,)?) => {
        $crate::process::run(&[$(AsRef::<std::ffi::OsStr>::as_ref(&$arg).to_owned()),*], b"")
    };
}

/// Run the program with `input` on standard input.
pub(crate) fn run(args: &[std::ffi::OsString], input: &[u8]) -> Ended {
    let mut child = Command::new(HEARTH)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("piped").write_all(input);
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let out = std::thread::spawn(move || read_all(&mut stdout));
    let err = std::thread::spawn(move || read_all(&mut stderr));
    let code = wait(&mut child, args);
    let err = err.join().expect("reading ends");
    Ended {
        code,
        stdout: out.join().expect("reading ends"),
        stderr: String::from_utf8_lossy(&err).into_owned(),
    }
}

fn read_all(from: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("pipes can be read");
    bytes
}

fn wait(child: &mut Child, args: &[std::ffi::OsString]) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return status.code();
        }
        if started.elapsed() > LIMIT {
            // It is about to be reported as hanging.
            let _ = child.kill();
            panic!("hangs: hearth {args:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The folder with reference data, or a line that says what is skipped.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = std::env::var_os("HEARTH_SHARED").map_or_else(|| default.into(), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: {test}: there is no reference data at {}",
        folder.display()
    );
    None
}
