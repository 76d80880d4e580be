//! Where things are: the checkout, the cache outside it, the test data beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that every command works with.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Tools and target folders; survives the checkout.
    pub(crate) cache: PathBuf,
    /// Test data (`../shared`), where it exists.
    pub(crate) shared: Option<PathBuf>,
    /// Target folder of native builds.
    pub(crate) native_target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that xtask was started from, and creates the cache.
    pub(crate) fn find() -> Result<Self, String> {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .parent()
            .ok_or("the xtask folder has no parent")?
            .to_path_buf();
        let cache = cache_dir()?;
        std::fs::create_dir_all(&cache).map_err(|e| {
            format!(
                "cannot create the cache {}: {e}; set HEARTH_CACHE to a writable folder",
                cache.display()
            )
        })?;
        let native_target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(dir).map_err(|e| format!("CARGO_TARGET_DIR: {e}"))?,
            None => cache.join("target/native"),
        };
        let shared = shared_dir(&root);
        Ok(Self {
            root,
            cache,
            shared,
            native_target,
        })
    }

    /// The target folder of builds that differ in flags from native ones.
    pub(crate) fn target(&self, name: &str) -> PathBuf {
        self.cache.join("target").join(name)
    }

    /// Where `cargo install --root` puts tools, without the final `bin`.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// The npm workspace.
    pub(crate) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// The `hearth` program of the release build.
    pub(crate) fn hearth(&self) -> PathBuf {
        self.native_target
            .join("release")
            .join(format!("hearth{}", std::env::consts::EXE_SUFFIX))
    }

    /// A command in the checkout that knows the test data.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        if let Some(shared) = &self.shared {
            command.env("HEARTH_SHARED", shared);
        }
        command
    }

    /// The native cargo, on the target folder of native builds.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.env("CARGO_TARGET_DIR", &self.native_target);
        command
    }

    /// The version of a package in Cargo.lock.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String, String> {
        let lock = read(&self.root.join("Cargo.lock"))?;
        let name = format!("name = \"{package}\"");
        let mut lines = lock.lines().skip_while(|line| *line != name);
        lines
            .nth(1)
            .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .map(str::to_owned)
            .ok_or_else(|| {
                format!(
                    "Cargo.lock does not have the package {package}: run `cargo update --workspace`"
                )
            })
    }
}

/// A file as text, with the path in the error.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Writes a file and the folders above it, with the path in the error.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), String> {
    let folder = path
        .parent()
        .ok_or_else(|| format!("{} has no folder", path.display()))?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Writes a file as [`write`] does, but whole or not at all: until it is done, what was there stays.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), String> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    write(Path::new(&part), content)?;
    std::fs::rename(&part, path).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn cache_dir() -> Result<PathBuf, String> {
    let from = |name: &str, below: &str| Some(PathBuf::from(std::env::var_os(name)?).join(below));
    from("HEARTH_CACHE", "")
        .or_else(|| from("XDG_CACHE_HOME", "hearth"))
        .or_else(|| from("HOME", ".cache/hearth"))
        .or_else(|| from("LOCALAPPDATA", "hearth"))
        .ok_or_else(|| {
            "neither HOME nor HEARTH_CACHE is set: set HEARTH_CACHE to a writable folder".to_owned()
        })
        .and_then(|dir| std::path::absolute(dir).map_err(|e| format!("the cache folder: {e}")))
}

fn shared_dir(root: &Path) -> Option<PathBuf> {
    let dir = match std::env::var_os("HEARTH_SHARED") {
        Some(dir) => std::path::absolute(dir).ok()?,
        None => root.parent()?.join("shared"),
    };
    dir.is_dir().then_some(dir)
}
