//! A C compiler that knows wasm: SQLite is C.

use std::process::Command;

use crate::process;

/// Its names, and those of the archiver beside it, newest first; the plain name is the system's choice.
const COMPILERS: [&str; 9] = [
    "clang", "clang-22", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16",
    "clang-15",
];

/// Finds one, else installs it.
pub(crate) fn find_or_install() -> Result<&'static str, String> {
    if let Some(found) = compiler() {
        return Ok(found);
    }
    let reason = super::apt_install(&["clang", "llvm"]).err();
    compiler().ok_or_else(|| {
        format!(
            "there is no clang here that compiles for wasm, and none could be installed ({}). Install one by hand:\n  \
             sudo apt-get install --no-install-recommends clang llvm",
            reason.unwrap_or_default()
        )
    })
}

/// Tells a cargo that builds for wasm which compiler that is.
pub(crate) fn tell(cargo: &mut Command) {
    if let Some(compiler) = compiler() {
        cargo.env("CC_wasm32_unknown_unknown", compiler);
    }
}

fn compiler() -> Option<&'static str> {
    let knows_wasm = |name: &&str| {
        let targets = process::capture(Command::new(name).arg("--print-targets"));
        targets.is_ok_and(|targets| targets.contains("wasm32"))
    };
    COMPILERS.into_iter().find(knows_wasm)
}
