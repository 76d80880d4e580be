//! Sizes and names of files.

use std::path::Path;

/// Lines above which a source file needs a reason.
const LONG: usize = 500;
/// Lines above which a source file fails.
const TOO_LONG: usize = 800;
/// Lines above which a shader fails.
const LONG_SHADER: usize = 300;
/// Files between the two limits: path and reason.
const LONG_FILES: &[(&str, &str)] = &[];
/// Names that say nothing about what lives there.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "misc", "common", "helper", "helpers"];

/// A file that is too long for its kind.
pub(super) fn size_finding(path: &str, content: &str) -> Option<String> {
    let n_lines = content.lines().count();
    let limit = match extension(path) {
        "rs" | "ts" | "tsx" if LONG_FILES.iter().any(|(listed, _)| *listed == path) => TOO_LONG,
        "rs" | "ts" | "tsx" => LONG,
        "wgsl" => LONG_SHADER,
        _ => return None,
    };
    let hint = if limit == LONG && n_lines <= TOO_LONG {
        ": split it, or list it with a reason in xtask"
    } else {
        ""
    };
    (n_lines > limit).then(|| format!("{path}: {n_lines} lines, at most {limit}{hint}"))
}

/// Source files and folders with empty names, each once.
pub(super) fn name_findings(tree: &[String]) -> Vec<String> {
    let sources = tree.iter().filter(|path| {
        matches!(
            extension(path),
            "rs" | "ts" | "tsx" | "wgsl" | "mjs" | "css"
        )
    });
    let is_empty_name = |part: &str| EMPTY_NAMES.contains(&part.split('.').next().unwrap_or(part));
    sources
        .filter(|path| path.split('/').any(is_empty_name))
        .map(|path| {
            format!(
                "{path}: `{}` say nothing: name what lives there",
                EMPTY_NAMES.join("`, `")
            )
        })
        .collect()
}

/// The extension, or nothing.
pub(super) fn extension(path: &str) -> &str {
    Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        assert_eq!(size_finding("a.rs", &"\n".repeat(LONG)), None);
        assert!(size_finding("a.rs", &"\n".repeat(LONG + 1)).is_some());
        assert!(size_finding("a.wgsl", &"\n".repeat(LONG_SHADER + 1)).is_some());
        assert_eq!(size_finding("a.md", &"\n".repeat(5000)), None);
    }

    #[test]
    fn empty_names_are_found_in_files_and_folders() {
        let tree = [
            "a/utils.rs",
            "a/common/mod.rs",
            "a/helpers.test.ts",
            "a/commonmark.rs",
            "docs/misc.md",
        ];
        assert_eq!(name_findings(&tree.map(str::to_owned)).len(), 3);
    }
}
