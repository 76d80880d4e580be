//! The Firefox of the browser tests. Without one its tests are skipped, and say so.

use std::path::PathBuf;

use crate::process;

const NAMES: [&str; 2] = ["firefox-esr", "firefox"];
/// Where macOS keeps it.
const MAC: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";

/// `$FIREFOX`, else a Firefox of the system, else apt's.
pub(crate) fn find_or_install() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("FIREFOX").map(PathBuf::from) {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("FIREFOX={}: no such file", path.display()))
        };
    }
    if let Some(path) = find() {
        return Ok(path);
    }
    let outcome = super::apt_install(&["firefox-esr"]);
    find().ok_or_else(|| {
        let why = outcome.err().unwrap_or_else(|| "the package brought no program".to_owned());
        format!(
            "there is no Firefox here, and it could not be installed ({why}). Install it by hand:\n  \
             sudo apt-get install --no-install-recommends firefox-esr\nor set FIREFOX to its program"
        )
    })
}

fn find() -> Option<PathBuf> {
    let mac = Some(PathBuf::from(MAC)).filter(|path| path.is_file());
    NAMES
        .iter()
        .find_map(|name| process::find_program(name))
        .or(mac)
}
