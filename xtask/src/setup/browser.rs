//! The browsers of the tests.

use std::path::PathBuf;

use crate::process;

/// A browser, and how it is found.
pub(crate) struct Browser {
    name: &'static str,
    /// The environment variable that names its program.
    variable: &'static str,
    programs: &'static [&'static str],
    /// Where macOS keeps it.
    mac: &'static str,
    /// Debian's package.
    package: &'static str,
    /// What the variable is set to, in words.
    any: &'static str,
}

/// Without it no browser test runs.
pub(crate) const CHROMIUM: Browser = Browser {
    name: "Chromium",
    variable: "CHROMIUM",
    programs: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ],
    mac: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    package: "chromium",
    any: "the program of a Chromium or Chrome",
};

/// Without it its tests are skipped, and say so.
pub(crate) const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "FIREFOX",
    programs: &["firefox-esr", "firefox"],
    mac: "/Applications/Firefox.app/Contents/MacOS/firefox",
    package: "firefox-esr",
    any: "its program",
};

impl Browser {
    /// The program that its variable names, else one of the system, else apt's.
    pub(crate) fn find_or_install(&self) -> Result<PathBuf, String> {
        let Browser {
            name,
            variable,
            package,
            any,
            ..
        } = self;
        if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
            return if path.is_file() {
                Ok(path)
            } else {
                Err(format!("{variable}={}: no such file", path.display()))
            };
        }
        if let Some(path) = self.find() {
            return Ok(path);
        }
        let outcome = super::apt_install(&[package]);
        self.find().ok_or_else(|| {
            let why = outcome.err().unwrap_or_else(|| "the package brought no program".to_owned());
            format!(
                "there is no {name} here, and it could not be installed ({why}). Install it by hand:\n  \
                 sudo apt-get install --no-install-recommends {package}\nor set {variable} to {any}"
            )
        })
    }

    fn find(&self) -> Option<PathBuf> {
        let mac = Some(PathBuf::from(self.mac)).filter(|path| path.is_file());
        self.programs
            .iter()
            .find_map(|name| process::find_program(name))
            .or(mac)
    }
}
