//! The Chromium of the browser tests.

use std::path::PathBuf;

use crate::process;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Where macOS keeps it.
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// `$CHROMIUM`, else a Chromium or Chrome of the system, else apt's.
pub(crate) fn find_or_install() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("CHROMIUM={}: no such file", path.display()))
        };
    }
    if let Some(path) = find() {
        return Ok(path);
    }
    let outcome = super::apt_install(&["chromium"]);
    find().ok_or_else(|| {
        let why = outcome.err().unwrap_or_else(|| "the package brought no program".to_owned());
        format!(
            "there is no Chromium here, and it could not be installed ({why}). Install it by hand:\n  \
             sudo apt-get install --no-install-recommends chromium\nor set CHROMIUM to the program of a Chromium or Chrome"
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
