//! The kernels' unit tests, compiled for wasm and run in Node, with and without relaxed SIMD.
//!
//! libtest works on WASI, so the tests run unchanged; a failing one aborts its program and counts as one failure.

use std::process::Command;

use crate::process;
use crate::setup::rust::WasmRust;
use crate::tally::{Reader, Runner, Tally};
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-wasip1";
/// The crates with code that is written for wasm.
const PACKAGES: [&str; 2] = ["hearth-simd", "hearth-kernels"];
/// What a Node of V8 before 11.4 (Node 20) needs for relaxed SIMD. Its baseline compiler adds the products of
/// `i32x4.relaxed_dot_i8x16_i7x16_add_s` twice; the optimising one, and Chromium, compute what the instruction says.
const OLD_NODE_FLAGS: [&str; 2] = ["--experimental-wasm-relaxed-simd", "--no-liftoff"];

/// One set of wasm features to test.
pub(crate) struct Features {
    /// Name of the stage and of the target folder.
    pub(crate) name: &'static str,
    /// `-C target-feature`.
    flags: &'static str,
    /// A tiny module that only a host with these features accepts: a splat, and a relaxed swizzle of two of them.
    probe: &'static str,
}

/// The feature sets of the two builds, without threads: WASI has none.
pub(crate) const FEATURES: [Features; 2] = [
    Features {
        name: "simd128",
        flags: "+simd128",
        probe: "0061736d01000000010401600000030201000a090107004100fd0f1a0b",
    },
    Features {
        name: "relaxed-simd",
        flags: "+simd128,+relaxed-simd",
        probe: "0061736d01000000010401600000030201000a10010e004100fd0f4100fd0ffd80021a0b",
    },
];

/// Runs the tests of one feature set.
pub(crate) fn run(
    workspace: &Workspace,
    rust: &WasmRust,
    features: &Features,
) -> Result<Tally, String> {
    let Some(node_flags) = node_flags(features)? else {
        println!("SKIPPED: this Node has no {}", features.name);
        return Ok(Tally {
            skipped: 1,
            ..Tally::default()
        });
    };
    let mut command = rust.cargo(workspace)?;
    let mut flags = rust.wasi_flags();
    // Debian's WASI library lacks pthread_join and pthread_detach; std names them, and never calls them without threads.
    flags.push("-Clink-arg=--unresolved-symbols=ignore-all".to_owned());
    flags.push(format!("-Ctarget-feature={}", features.flags));
    command.args([
        "test",
        "--lib",
        "--tests",
        "--no-fail-fast",
        "--target",
        TARGET,
    ]);
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    command.args([
        "-Zbuild-std=std,panic_abort,test",
        "--",
        "--test-threads=1",
        "--nocapture",
    ]);
    command.env(
        "CARGO_TARGET_DIR",
        workspace.target(&format!("wasm-tests-{}", features.name)),
    );
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    let runner = workspace.root.join("xtask/wasi-runner.mjs");
    command.env(
        "CARGO_TARGET_WASM32_WASIP1_RUNNER",
        format!("node {node_flags} --no-warnings {}", runner.display()),
    );
    let mut reader = Reader::new(Runner::Libtest);
    let succeeded = process::tee(&mut command, |line| reader.line(line))?;
    Ok(reader.finish(succeeded))
}

/// The flags with which Node runs a feature set; `None` where it cannot.
fn node_flags(features: &Features) -> Result<Option<String>, String> {
    let script = format!(
        "process.exit(WebAssembly.validate(Buffer.from('{}', 'hex')) ? 0 : 1)",
        features.probe
    );
    for flags in [&[][..], &OLD_NODE_FLAGS] {
        let output = Command::new("node")
            .args(flags)
            .args(["-e", &script])
            .output();
        if output
            .map_err(|e| format!("cannot start node: {e}"))?
            .status
            .success()
        {
            return Ok(Some(flags.join(" ")));
        }
    }
    Ok(None)
}
