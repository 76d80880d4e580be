//! The wasm builds: cargo with its own standard library, then `wasm-bindgen`, then `wasm-opt`.
//!
//! Each build has its own target folder, because flags that differ would rebuild the standard library every time.
//! Cargo decides what to compile; the two tools run again only when cargo's output or their versions changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::setup::{c, node, rust, tools};
use crate::workspace::{self, Workspace};

const TARGET: &str = "wasm32-unknown-unknown";
/// Cargo profile of the builds.
const PROFILE: &str = "wasm";
/// For every wasm program whose speed counts. Without it LLVM keeps many addresses as separate additions, which
/// browsers' compilers do not fold into the loads: 9 % of a matrix product's time.
pub(crate) const FOLDED_ADDRESSES: &str = "-Cllvm-args=-disable-lsr";
/// Flags of every build. A crate that asks for random numbers needs to be told that there is a browser around it.
const COMMON_FLAGS: [&str; 2] = ["--cfg", "getrandom_backend=\"wasm_js\""];

/// What is built.
#[derive(Debug)]
struct Program {
    /// Its package.
    package: &'static str,
    /// Cargo's output.
    library: &'static str,
    /// The name of its JavaScript.
    script: &'static str,
    /// Below the packages: where a folder for each of its builds is.
    folder: &'static str,
    /// Whether there is C in it.
    has_c: bool,
}

static ENGINE: Program = Program {
    package: "hearth-wasm",
    library: "hearth_wasm.wasm",
    script: "hearth",
    folder: "sdk/src/generated",
    has_c: false,
};

static CONVERSATIONS: Program = Program {
    package: "hearth-store-wasm",
    library: "hearth_store_wasm.wasm",
    script: "store",
    folder: "app/src/generated",
    has_c: true,
};

/// One wasm build.
#[derive(Debug)]
pub(crate) struct Variant {
    /// Its name, and that of its folder.
    pub(crate) name: &'static str,
    program: &'static Program,
    /// `-C target-feature`.
    features: &'static str,
    /// `-C link-arg`, one each.
    link_args: &'static [&'static str],
    /// What `wasm-opt` has to be told beyond [`OPT_FEATURES`].
    opt_features: &'static [&'static str],
}

/// Both builds of the engine. One relaxed opcode makes a browser without it refuse the whole module, hence two.
pub(crate) static VARIANTS: [&Variant; 2] = [&COMPAT, &FULL];
/// All builds.
pub(crate) static ALL: [&Variant; 3] = [&COMPAT, &FULL, &STORE];

/// SIMD, no threads: runs without COOP/COEP.
static COMPAT: Variant = Variant {
    name: "compat",
    program: &ENGINE,
    features: "+simd128",
    link_args: &[],
    opt_features: &[],
};

/// Relaxed SIMD and threads over one shared memory; the exports are what wasm-bindgen starts threads with.
static FULL: Variant = Variant {
    name: "full",
    program: &ENGINE,
    features: "+simd128,+relaxed-simd,+atomics,+bulk-memory,+mutable-globals",
    link_args: &[
        "--shared-memory",
        "--import-memory",
        "--max-memory=4294967296",
        "--export=__heap_base",
        "--export=__wasm_init_tls",
        "--export=__tls_size",
        "--export=__tls_align",
        "--export=__tls_base",
    ],
    opt_features: &["--enable-relaxed-simd", "--enable-threads"],
};

/// The conversations, with SQLite: no threads.
static STORE: Variant = Variant {
    name: "store",
    program: &CONVERSATIONS,
    features: "+simd128",
    link_args: &[],
    opt_features: &[],
};

/// What the compiler uses by default, and so every browser that runs either build has.
const OPT_FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The build of that name.
pub(crate) fn variant(name: &str) -> Option<&'static Variant> {
    ALL.into_iter().find(|variant| variant.name == name)
}

/// Sets up and builds.
pub(crate) fn run(workspace: &Workspace, variants: &[&Variant]) -> Result<(), String> {
    let rust = rust::find_or_install(workspace)?;
    node::packages(workspace)?;
    variants
        .iter()
        .try_for_each(|variant| build(workspace, &rust, variant))
}

/// Builds one variant into a folder of its name among the packages.
pub(crate) fn build(
    workspace: &Workspace,
    rust: &rust::WasmRust,
    variant: &Variant,
) -> Result<(), String> {
    let wasm_bindgen = tools::wasm_bindgen(workspace)?;
    let target_dir = workspace.target(&format!("wasm-{}", variant.name));
    let mut cargo = rust.cargo(workspace)?;
    cargo.args([
        "build",
        "--package",
        variant.program.package,
        "--profile",
        PROFILE,
        "--target",
        TARGET,
    ]);
    cargo
        .arg("-Zbuild-std=std,panic_abort")
        .env("CARGO_TARGET_DIR", &target_dir);
    cargo.env(
        "CARGO_ENCODED_RUSTFLAGS",
        flags(rust, variant).join("\u{1f}"),
    );
    if variant.program.has_c {
        c::find_or_install()?;
        c::tell(&mut cargo);
    }
    process::run(&mut cargo)?;
    let Program {
        library,
        script,
        folder,
        ..
    } = variant.program;
    let built = target_dir.join(TARGET).join(PROFILE).join(library);
    let out = workspace.packages().join(folder).join(variant.name);
    let wasm = out.join(format!("{script}_bg.wasm"));
    let stamp = stamp(workspace, &built, variant)?;
    if std::fs::read_to_string(out.join(".stamp")).is_ok_and(|have| have == stamp) {
        println!("{}: unchanged", variant.name);
    } else {
        bind(&wasm_bindgen, script, &built, &out)?;
        optimise(workspace, &wasm, variant)?;
        workspace::write(&out.join(".stamp"), &stamp)?;
    }
    let (bytes, gzip) = sizes(&wasm)?;
    let kib = |n: u64| n as f64 / 1024.0;
    println!(
        "{}: {:.1} KiB, gzip {:.1} KiB",
        variant.name,
        kib(bytes),
        kib(gzip)
    );
    Ok(())
}

/// The compiler flags; the paths of this machine are mapped away, they would end up in panic messages.
fn flags(rust: &rust::WasmRust, variant: &Variant) -> Vec<String> {
    let mut flags: Vec<String> = COMMON_FLAGS.map(str::to_owned).to_vec();
    flags.push(FOLDED_ADDRESSES.to_owned());
    flags.push(format!("-Ctarget-feature={}", variant.features));
    flags.extend(rust.link_flags());
    flags.extend(
        variant
            .link_args
            .iter()
            .map(|arg| format!("-Clink-arg={arg}")),
    );
    flags.push(format!(
        "--remap-path-prefix={}=/rust",
        rust.source().display()
    ));
    if let Some(cargo_home) = cargo_home() {
        flags.push(format!(
            "--remap-path-prefix={}=/cargo",
            cargo_home.display()
        ));
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// Changes when cargo's output, the build's flags or a tool's version do.
fn stamp(workspace: &Workspace, built: &Path, variant: &Variant) -> Result<String, String> {
    let bytes =
        std::fs::read(built).map_err(|e| format!("cannot read {}: {e}", built.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    (variant.opt_features, OPT_FEATURES).hash(&mut hasher);
    workspace.locked_version("wasm-bindgen")?.hash(&mut hasher);
    workspace::read(&workspace.packages().join("package.json"))?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn bind(wasm_bindgen: &Path, script: &str, built: &Path, out: &Path) -> Result<(), String> {
    let mut command = Command::new(wasm_bindgen);
    command.args(["--target", "web", "--out-name", script, "--out-dir"]);
    process::run(command.arg(out).arg(built))
}

/// Optimises and strips in place, by way of a second file so that a failure leaves no half of one.
fn optimise(workspace: &Workspace, wasm: &Path, variant: &Variant) -> Result<(), String> {
    let optimised = wasm.with_extension("opt.wasm");
    let mut command = node::program(workspace, "wasm-opt");
    command
        .args(["-O3", "--strip-debug", "--strip-producers"])
        // Kernels stay functions of their own, also those with one caller: see `on_its_own` of the SIMD crate.
        .args(["--one-caller-inline-max-function-size", "200"])
        .args(OPT_FEATURES)
        .args(variant.opt_features);
    process::run(command.arg(wasm).arg("-o").arg(&optimised))?;
    std::fs::rename(&optimised, wasm).map_err(|e| format!("cannot replace {}: {e}", wasm.display()))
}

/// Bytes of a file, and those after gzip.
pub(crate) fn sizes(wasm: &Path) -> Result<(u64, u64), String> {
    const SCRIPT: &str = "const bytes = require('node:fs').readFileSync(process.argv[1]); \
        console.log(bytes.length, require('node:zlib').gzipSync(bytes, { level: 9 }).length)";
    let printed = process::capture(Command::new("node").args(["-e", SCRIPT]).arg(wasm))?;
    let mut numbers = printed.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(bytes)), Some(Ok(gzip))) => Ok((bytes, gzip)),
        _ => Err(format!("node printed no sizes, but {printed}")),
    }
}
