//! What must and must not stand in a file.

use super::files::extension;

/// Where the home folders and checkouts of machines are. Written in halves, or this file would find itself.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:\\", "Users\\"),
];
/// Macros that promise work, in halves for the same reason.
const PROMISES: [&str; 2] = [concat!("to", "do!("), concat!("unimpl", "emented!(")];

/// Findings of one file.
pub(super) fn findings(path: &str, content: &str) -> Vec<String> {
    let is_rust = extension(path) == "rs";
    let mut findings = Vec::new();
    if is_rust && !is_test(path) && !opens_with_documentation(content) {
        findings.push(format!(
            "{path}: opens without a `//!` sentence that says what the module is"
        ));
    }
    for (number, line) in content
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
    {
        if let Some(found) = MACHINE_PATHS
            .iter()
            .find(|folder| names_a_folder_below(line, folder))
        {
            findings.push(format!("{path}:{number}: a path of a machine ({found}…)"));
        }
        if let Some(found) = PROMISES
            .iter()
            .find(|word| is_rust && line.contains(**word))
        {
            findings.push(format!("{path}:{number}: {found}…) promises work"));
        }
    }
    findings
}

fn opens_with_documentation(content: &str) -> bool {
    content
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.starts_with("//!"))
}

/// `tests.rs`, `x_tests.rs` and what lies in a folder of tests: the module that they test says what it is.
fn is_test(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "tests" | "tests.rs") || part.ends_with("_tests.rs"))
}

/// Whether the folder stands in the line at the start of a path and with something below it.
fn names_a_folder_below(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + folder.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || "./_-".contains(c))
            && after.is_some_and(|c| c.is_alphanumeric() || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_are_found_and_lookalikes_are_not() {
        let folder = MACHINE_PATHS[0];
        assert!(names_a_folder_below(
            &format!("read(\"{folder}a\")"),
            folder
        ));
        assert!(!names_a_folder_below(&format!("src{folder}a"), folder));
        assert!(!names_a_folder_below(&format!("`{folder}`"), folder));
    }

    #[test]
    fn modules_without_documentation_and_promises_are_found() {
        assert_eq!(findings("a.rs", "//! What.\nfn main() {}\n").len(), 0);
        assert_eq!(findings("a.rs", "fn main() {}\n").len(), 1);
        assert_eq!(findings("a/tests.rs", "fn main() {}\n").len(), 0);
        assert_eq!(
            findings(
                "a.rs",
                &format!("//! What.\nfn main() {{ {}) }}\n", PROMISES[1])
            )
            .len(),
            1
        );
    }
}
