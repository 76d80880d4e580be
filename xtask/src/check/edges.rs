//! Which crate of the workspace may depend on which.
//!
//! The table is the one of ARCHITECTURE.md; an edge that it lacks is a decision, to be taken there first.

use serde_json::Value;

/// The prefix of the packages' names.
const PREFIX: &str = "hearth-";

/// What a crate may depend on.
struct Row {
    name: &'static str,
    normal: &'static [&'static str],
    /// For tests alone, beyond `normal`.
    dev: &'static [&'static str],
}

/// The whole table, in the order of the way of the data.
const TABLE: &[Row] = &[
    Row {
        name: "tensor",
        normal: &[],
        dev: &[],
    },
    Row {
        name: "simd",
        normal: &[],
        dev: &[],
    },
    Row {
        name: "gguf",
        normal: &["tensor"],
        dev: &[],
    },
    Row {
        name: "onnx",
        normal: &["tensor"],
        dev: &[],
    },
    Row {
        name: "text",
        normal: &[],
        dev: &["gguf"],
    },
    Row {
        name: "kernels",
        normal: &["tensor", "simd"],
        dev: &["gguf"],
    },
    Row {
        name: "graph",
        normal: &["tensor", "kernels"],
        dev: &[],
    },
    Row {
        name: "models",
        normal: &["gguf", "onnx", "graph", "kernels", "tensor"],
        dev: &[],
    },
    Row {
        name: "cpu",
        normal: &["graph", "kernels", "simd", "tensor"],
        dev: &["gguf", "models"],
    },
    Row {
        name: "webgpu",
        normal: &["graph", "kernels", "tensor"],
        dev: &["cpu"],
    },
    Row {
        name: "runtime",
        normal: &[
            "tensor", "simd", "gguf", "onnx", "text", "kernels", "graph", "models", "cpu", "webgpu",
        ],
        dev: &[],
    },
    Row {
        name: "api",
        normal: &["runtime"],
        dev: &[],
    },
    Row {
        name: "wasm",
        normal: &["api", "runtime"],
        dev: &[],
    },
    Row {
        name: "cli",
        normal: &["runtime"],
        dev: &["gguf", "text"],
    },
    Row {
        name: "store",
        normal: &[],
        dev: &[],
    },
    Row {
        name: "store-wasm",
        normal: &["store"],
        dev: &[],
    },
    Row {
        name: "conformance",
        normal: &[
            "api", "gguf", "graph", "kernels", "models", "runtime", "tensor",
        ],
        dev: &["text"],
    },
];

/// Edges of the workspace that the table does not have, and crates without a row.
pub(super) fn findings(metadata: &Value) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for package in super::packages(metadata) {
        let name = package["name"]
            .as_str()
            .ok_or("cargo metadata: a package without a name")?;
        let Some(short) = name.strip_prefix(PREFIX) else {
            findings.extend(
                inner_dependencies(package)
                    .map(|(to, _)| format!("{name} → {PREFIX}{to}: only the crates may")),
            );
            continue;
        };
        let Some(row) = TABLE.iter().find(|row| row.name == short) else {
            findings.push(format!("{name} has no row in the table of crates (xtask/src/check/edges.rs, ARCHITECTURE.md)"));
            continue;
        };
        for (to, is_dev) in inner_dependencies(package) {
            let is_listed = row.normal.contains(&to) || (is_dev && row.dev.contains(&to));
            if !is_listed {
                let kind = if is_dev { " (for tests)" } else { "" };
                findings.push(format!(
                    "{name} → {PREFIX}{to}{kind}: the table of crates does not have this edge"
                ));
            }
        }
    }
    Ok(findings)
}

/// The crates of the project that a package depends on, and whether for its tests alone.
fn inner_dependencies(package: &Value) -> impl Iterator<Item = (&str, bool)> {
    package["dependencies"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|dependency| {
            let to = dependency["name"].as_str()?.strip_prefix(PREFIX)?;
            Some((to, dependency["kind"] == "dev"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, to: &str, kind: Value) -> Value {
        json!({"packages": [{"name": name, "dependencies": [{"name": to, "kind": kind}, {"name": "serde", "kind": null}]}]})
    }

    #[test]
    fn only_edges_of_the_table_pass() {
        let passes = |name: &str, to: &str, kind: Value| {
            findings(&package(name, to, kind)).is_ok_and(|list| list.is_empty())
        };
        assert!(passes("hearth-gguf", "hearth-tensor", Value::Null));
        assert!(!passes("hearth-tensor", "hearth-gguf", Value::Null));
        assert!(passes("hearth-kernels", "hearth-gguf", json!("dev")));
        assert!(!passes("hearth-kernels", "hearth-gguf", Value::Null));
        assert!(!passes("hearth-kernels", "hearth-gguf", json!("build")));
        assert!(!passes("hearth-unheard-of", "serde", Value::Null));
        assert!(!passes("xtask", "hearth-tensor", Value::Null));
    }
}
