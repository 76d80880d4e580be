//! Every operation is one folder of `crates/kernels/src` with all its parts.

use std::collections::BTreeMap;

const FOLDER: &str = "crates/kernels/src/";
/// The parts that every operation has: contract, oracle, CPU variants, tests, and what a GPU runs.
const PARTS: [&str; 5] = ["mod.rs", "reference.rs", "cpu.rs", "tests.rs", GPU];
const GPU: &str = "gpu.rs";
/// Operations of the CPU alone, and why.
const CPU_ONLY: &[(&str, &str)] = &[("quantize_rows", "8-bit activations are the CPU's")];
const CPU: &str = "cpu.rs";
/// Operations of GPUs alone, and why.
const GPU_ONLY: &[(&str, &str)] = &[("rope_write", "it saves dispatches, of which a CPU has none")];
/// Folders that hold no operation: path below `src` and reason.
const NOT_OPERATIONS: &[(&str, &str)] = &[
    (
        "dequantize",
        "a step of loading, not of a graph: one file per block type",
    ),
    ("gpu", "what the shaders of operations are made of"),
    (
        "quantize",
        "a step of writing a file: one file per block type",
    ),
    (
        "sample",
        "the choice of a token on a GPU, after a graph; the CPU's sampler is the runtime's",
    ),
    ("self_test", "asks the operations, on a person's machine"),
    ("weight", "a layout of memory that the operations read"),
];

/// Operations that lack a part. A folder with folders in it and without an oracle only groups operations; a folder
/// `cpu` holds what is long about its parent's `cpu.rs`, a folder `wgsl` its shaders.
pub(super) fn findings(tree: &[String]) -> Vec<String> {
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in tree.iter().filter_map(|path| path.strip_prefix(FOLDER)) {
        if let Some((folder, file)) = path.rsplit_once('/') {
            folders.entry(folder).or_default().push(file);
        }
    }
    let groups = |folder: &str| {
        folders
            .keys()
            .any(|other| other.starts_with(&format!("{folder}/")))
    };
    let mut findings = Vec::new();
    for (folder, files) in &folders {
        let is_group = groups(folder) && !files.contains(&"reference.rs");
        let is_part = folder.ends_with("/cpu") || folder.ends_with("/wgsl");
        if is_group || is_part || NOT_OPERATIONS.iter().any(|(listed, _)| listed == folder) {
            continue;
        }
        let is_listed = |list: &[(&str, &str)]| list.iter().any(|(listed, _)| listed == folder);
        let (cpu_only, gpu_only) = (is_listed(CPU_ONLY), is_listed(GPU_ONLY));
        let missing = PARTS.iter().filter(|&&part| {
            let spared = part == GPU && cpu_only || part == CPU && gpu_only;
            !(files.contains(&part) || spared)
        });
        findings
            .extend(missing.map(|part| format!("{FOLDER}{folder}: the operation lacks {part}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn incomplete_operations_are_found() {
        let tree = |files: &[&str]| {
            files
                .iter()
                .map(|file| format!("crates/kernels/src/{file}"))
                .collect::<Vec<_>>()
        };
        let complete = [
            "lib.rs",
            "a/mod.rs",
            "a/reference.rs",
            "a/cpu.rs",
            "a/tests.rs",
            "a/gpu.rs",
        ];
        assert_eq!(findings(&tree(&complete)).len(), 0);
        assert_eq!(
            findings(&tree(&[&complete[..], &["a/cpu/rows.rs"]].concat())).len(),
            0
        );
        assert_eq!(findings(&tree(&["a/mod.rs", "a/reference.rs"])).len(), 3);
        assert_eq!(
            findings(&tree(&["group/mod.rs", "group/a/mod.rs", "group/a/cpu.rs"])).len(),
            3
        );
    }
}
