//! A Rust that can build its standard library for wasm: a rustup nightly with `rust-src`, or the system's packages.
//!
//! The standard library is built from source because threads need it with atomics, and because no distribution ships
//! one with SIMD switched on. Debian's compiler is a release, on which `RUSTC_BOOTSTRAP` opens `-Zbuild-std`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::workspace::{self, Workspace};

/// Debian's matched compiler, source, linker and C library.
const APT_PACKAGES: [&str; 6] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "lld-22",
    "wasi-libc",
    "clang",
];
/// Targets whose parts rustup brings (the C library and start file of WASI come with the second).
const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];
/// A rustup that cannot reach its server must not hold everything up, but a slow download may finish.
const RUSTUP_LIMIT: Duration = Duration::from_secs(300);
/// How long the server may take to answer at all.
const RUSTUP_PROBE_LIMIT: Duration = Duration::from_secs(60);

/// Where a wasm-capable Rust comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WasmRust {
    /// rustup's nightly toolchain, with its own linker.
    Rustup {
        /// The folder of the toolchain.
        sysroot: PathBuf,
    },
    /// The system's compiler in `/usr/bin`, with the system's linker.
    System {
        /// Name of the wasm linker, as `wasm-ld-22`.
        linker: String,
    },
}

impl WasmRust {
    /// For people and for stamps.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Rustup { sysroot } => format!("rustup nightly ({})", sysroot.display()),
            Self::System { linker } => format!("system /usr/bin/rustc with {linker}"),
        }
    }

    /// A cargo command of this Rust, free of what the calling cargo left in the environment.
    pub(crate) fn cargo(&self, workspace: &Workspace) -> Result<Command, String> {
        let mut command = match self {
            Self::Rustup { sysroot } => {
                let bin = sysroot.join("bin");
                let mut command = workspace.command(bin.join("cargo"));
                command
                    .env("PATH", process::path_with(&bin)?)
                    .env("RUSTC", bin.join("rustc"));
                command
            }
            Self::System { .. } => {
                let mut command = workspace.command("/usr/bin/cargo");
                command
                    .env("PATH", process::path_with(Path::new("/usr/bin"))?)
                    .env("RUSTC", "/usr/bin/rustc");
                command.env("RUSTC_BOOTSTRAP", "1");
                command
            }
        };
        for name in [
            "CARGO",
            "RUSTUP_TOOLCHAIN",
            "RUSTFLAGS",
            "RUSTDOC",
            "LD_LIBRARY_PATH",
            "CARGO_BUILD_TARGET",
        ] {
            command.env_remove(name);
        }
        Ok(command)
    }

    /// Flags without which this Rust does not link any wasm target.
    pub(crate) fn link_flags(&self) -> Vec<String> {
        match self {
            Self::Rustup { .. } => Vec::new(),
            Self::System { linker } => vec![format!("-Clinker={linker}")],
        }
    }

    /// Flags that link a WASI program.
    pub(crate) fn wasi_flags(&self) -> Vec<String> {
        const LIBRARY: &str = "/usr/lib/wasm32-wasi";
        let mut flags = self.link_flags();
        if matches!(self, Self::System { .. }) {
            flags.push("-Clink-self-contained=no".to_owned());
            flags.push(format!("-L{LIBRARY}"));
            flags.push(format!("-Clink-arg={LIBRARY}/crt1-command.o"));
        }
        flags
    }

    /// The folder of the standard library's source, which the compiler writes into panic messages.
    pub(crate) fn source(&self) -> PathBuf {
        match self {
            Self::Rustup { sysroot } => source_below(sysroot),
            Self::System { .. } => source_below(Path::new("/usr")),
        }
    }
}

/// Finds a wasm-capable Rust, else installs one.
pub(crate) fn find_or_install(workspace: &Workspace) -> Result<WasmRust, String> {
    let wanted = std::env::var("HEARTH_WASM_RUST").unwrap_or_default();
    let allows = |name: &str| wanted.is_empty() || wanted == name;
    let oldest = minimum_version(workspace)?;
    let rustup = || allows("rustup").then(|| find_rustup(oldest)).flatten();
    let system = || allows("system").then(|| find_system(oldest)).flatten();
    if let Some(found) = rustup().or_else(system) {
        return Ok(found);
    }
    let mut reasons = Vec::new();
    if allows("system") {
        reasons.extend(super::apt_install(&APT_PACKAGES).err());
        if let Some(found) = system() {
            return Ok(found);
        }
    }
    if allows("rustup") {
        reasons.extend(install_rustup().err());
        if let Some(found) = rustup() {
            return Ok(found);
        }
    }
    Err(format!(
        "there is no Rust here that can build for wasm, and none could be installed ({}). Install one by hand:\n  \
         rustup toolchain install nightly --profile minimal -c rust-src -t {} -t {}\nor, on Debian:\n  \
         sudo apt-get install --no-install-recommends {}",
        reasons.join("; "),
        TARGETS[0],
        TARGETS[1],
        APT_PACKAGES.join(" ")
    ))
}

fn find_rustup(oldest: (u32, u32)) -> Option<WasmRust> {
    let sysroot = nightly_sysroot()?;
    let has_wasi = sysroot
        .join("lib/rustlib/wasm32-wasip1/lib/self-contained/crt1-command.o")
        .is_file();
    (has_wasi && is_capable(&sysroot.join("bin/rustc"), &sysroot, oldest))
        .then_some(WasmRust::Rustup { sysroot })
}

fn find_system(oldest: (u32, u32)) -> Option<WasmRust> {
    let has_wasi = Path::new("/usr/lib/wasm32-wasi/crt1-command.o").is_file();
    let has_rust = Path::new("/usr/bin/cargo").is_file()
        && is_capable(Path::new("/usr/bin/rustc"), Path::new("/usr"), oldest);
    let linker = system_linker()?;
    (has_wasi && has_rust).then_some(WasmRust::System { linker })
}

fn nightly_sysroot() -> Option<PathBuf> {
    // RUSTUP_TOOLCHAIN is set by the proxy that started this program; `rustup run` overrides it.
    let printed = process::capture(
        Command::new("rustup").args(["run", "nightly", "rustc", "--print", "sysroot"]),
    )
    .ok()?;
    Some(PathBuf::from(printed.trim()))
}

fn is_capable(rustc: &Path, sysroot: &Path, oldest: (u32, u32)) -> bool {
    let version = process::capture(
        Command::new(rustc)
            .env_remove("LD_LIBRARY_PATH")
            .arg("--version"),
    );
    let version = version
        .ok()
        .and_then(|text| parse_version(text.split(' ').nth(1)?));
    version.is_some_and(|version| version >= oldest)
        && source_below(sysroot)
            .join("library/std/Cargo.toml")
            .is_file()
}

fn source_below(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust")
}

/// The newest `wasm-ld-N` of the system; the plain name belongs to the default LLVM, which may be too old.
fn system_linker() -> Option<String> {
    let entries = std::fs::read_dir("/usr/bin").ok()?.flatten();
    let version = |entry: std::fs::DirEntry| {
        entry
            .file_name()
            .to_str()?
            .strip_prefix("wasm-ld-")?
            .parse::<u32>()
            .ok()
    };
    entries
        .filter_map(version)
        .max()
        .map(|newest| format!("wasm-ld-{newest}"))
}

/// Completes the nightly that is there, and installs one only where there is none: `toolchain install` would move the
/// person's nightly to today's, and without `--no-self-update` replace rustup itself, even by an older one.
fn install_rustup() -> Result<(), String> {
    if process::find_program("rustup").is_none() {
        return Err("there is no rustup on this machine".to_owned());
    }
    if nightly_sysroot().is_some() {
        let mut component = Command::new("rustup");
        process::run_within(
            component.args(["component", "add", "rust-src", "--toolchain", "nightly"]),
            RUSTUP_PROBE_LIMIT,
        )?;
        let mut targets = Command::new("rustup");
        return process::run_within(
            targets
                .args(["target", "add", "--toolchain", "nightly"])
                .args(TARGETS),
            RUSTUP_LIMIT,
        );
    }
    let mut command = Command::new("rustup");
    command.args([
        "toolchain",
        "install",
        "nightly",
        "--no-self-update",
        "--profile",
        "minimal",
        "-c",
        "rust-src",
    ]);
    process::run_within(
        command.args(["-t", TARGETS[0], "-t", TARGETS[1]]),
        RUSTUP_LIMIT,
    )
}

/// `rust-version` of the workspace.
fn minimum_version(workspace: &Workspace) -> Result<(u32, u32), String> {
    let manifest = workspace::read(&workspace.root.join("Cargo.toml"))?;
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    line.and_then(parse_version)
        .ok_or_else(|| "Cargo.toml lacks `rust-version = \"1.N\"`".to_owned())
}

/// Major and minor of `1.95`, `1.96.0` or `1.101.0-nightly`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(parse_version("1.95"), Some((1, 95)));
        assert!(parse_version("1.101.0-nightly") > parse_version("1.95.0"));
        assert_eq!(parse_version("nightly"), None);
    }
}
