//! How much memory a model takes at most, as the system counts it.

#![cfg(unix)]

use std::process::{Command, Stdio};

use hearth_runtime::DType;

use crate::fixture::{Model, folder};
use crate::hearth;
use crate::process::HEARTH;

/// Peak resident bytes of a run of the program that must succeed.
#[allow(
    clippy::zombie_processes,
    reason = "wait4 waits, and tells the memory as well"
)]
fn peak_bytes(args: &[&std::ffi::OsStr]) -> u64 {
    let child = Command::new(HEARTH)
        .args(args)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let pid = i32::try_from(child.id()).expect("a process id");
    let mut status = 0;
    // SAFETY: all-zero bytes are a valid `rusage`, which holds nothing but integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right type, and the child has not been waited for.
    let ended = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    assert_eq!((ended, status), (pid, 0), "the program fails");
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).expect("not negative") * unit
}

fn check(dtype: DType) {
    let folder = folder();
    let model = Model {
        n_layers: 16,
        n_embd: 1024,
        n_ff: 2816,
        n_heads: 16,
        n_kv_heads: 8,
        context: 2048,
        n_vocab: 8192,
        dtype,
        ..Model::default()
    };
    let path = model.write(&folder, "large.gguf");
    let size = std::fs::metadata(&path).expect("written").len();
    let said = hearth!("inspect", path, "--context", "1024", "--json").json();
    let cache = said["memory"]["state_bytes"].as_u64().expect("a number");
    let tokens = vec!["300"; 40].join(",");
    let peak = peak_bytes(&[
        "generate".as_ref(),
        path.as_os_str(),
        "--prompt-tokens".as_ref(),
        tokens.as_ref(),
        "--max-tokens".as_ref(),
        "4".as_ref(),
        "--ignore-eos".as_ref(),
        "--context".as_ref(),
        "1024".as_ref(),
    ]);
    let limit = (size + cache) * 115 / 100 + 100_000_000;
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let [file, cache, peak_mb, limit_mb] = [size, cache, peak, limit].map(megabytes);
    eprintln!("{dtype}: file {file} MB, cache {cache} MB, peak {peak_mb} MB, limit {limit_mb} MB");
    assert!(
        peak <= limit,
        "{dtype}: peak {peak_mb} MB is over {limit_mb} MB"
    );
}

#[test]
fn peak_memory_is_bounded_by_the_file_q8_0() {
    check(DType::Q8_0);
}

#[test]
fn peak_memory_is_bounded_by_the_file_q4_0() {
    check(DType::Q4_0);
}

#[test]
fn peak_memory_is_bounded_by_the_file_q4_k() {
    check(DType::Q4_K);
}
