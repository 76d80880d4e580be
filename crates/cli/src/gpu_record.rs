//! What was found out about this machine's GPU, kept between runs. Nothing depends on it but the time of a first load, so nothing that
//! goes wrong here is told.

use std::path::PathBuf;
use std::{env, fs};

/// What was found out before, if it was.
pub(crate) fn read() -> Option<String> {
    fs::read_to_string(path()?).ok()
}

/// Keep what was found out.
pub(crate) fn write(record: &str) {
    if read().as_deref() == Some(record) {
        return;
    }
    let Some(path) = path() else {
        return;
    };
    let _ = path.parent().map(fs::create_dir_all);
    // In one go: another process may read it now.
    let new = path.with_extension(std::process::id().to_string());
    if fs::write(&new, record).is_ok() {
        let _ = fs::rename(&new, path);
    }
}

/// In the folder for what may be lost.
fn path() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|folder| !folder.is_empty());
    let caches = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .map(PathBuf::from)
        .or_else(|| folder("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(caches.join("hearth").join("gpu.json"))
}
