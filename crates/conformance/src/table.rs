//! The table: architecture × types × backend, as text that is a Markdown table too.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::case::{Arithmetic, Case};
use crate::verdict::{Verdict, check};

/// One model on one backend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Architecture of the model.
    pub architecture: String,
    /// Types of its matrices.
    pub types: String,
    /// Name of the case.
    pub case: String,
    /// Which arithmetic.
    pub arithmetic: Arithmetic,
    /// Name of the backend.
    pub backend: String,
    /// What came out.
    pub verdict: Verdict,
}

/// Verdicts, in any order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Table {
    /// All of them.
    pub entries: Vec<Entry>,
}

impl Table {
    /// Check every case on every backend.
    pub fn of(cases: &[Case], arithmetic: Arithmetic, backends: &[Backend]) -> Self {
        let mut table = Table::default();
        for case in cases {
            for backend in backends {
                table.entries.push(Entry {
                    architecture: case.architecture.clone(),
                    types: case.types.clone(),
                    case: case.name.clone(),
                    backend: backend.to_string(),
                    verdict: check(case, arithmetic, backend),
                    arithmetic,
                });
            }
        }
        table
    }

    /// What a suite must not have.
    pub fn not_fine(&self) -> Vec<String> {
        let bad = self.entries.iter().filter(|e| !e.verdict.is_fine());
        let say = |e: &Entry| {
            let what = match &e.verdict {
                Verdict::UnexpectedPass(reason) => {
                    format!("agrees, though expected to fail: {reason}")
                }
                Verdict::Failed(why) => why.clone(),
                other => format!("{other:?}"),
            };
            format!("{} on {}, {}: {what}", e.case, e.backend, e.arithmetic)
        };
        bad.map(say).collect()
    }

    /// Print it, keep it under `name`, and panic unless all is as expected.
    pub fn finish(self, name: &str) {
        println!("{self}");
        self.keep(name);
        let bad = self.not_fine();
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }

    /// Keep it for the table of all suites, if somebody wants to see that.
    pub fn keep(&self, name: &str) {
        let Some(folder) = folder().filter(|_| !self.entries.is_empty()) else {
            return;
        };
        let text = serde_json::to_vec(self).expect("verdicts are plain data");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(format!("{name}.json")), text))
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    }

    /// The tables of all suites that were kept in a folder.
    pub fn read_all(folder: &Path) -> std::io::Result<Self> {
        let mut table = Table::default();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") {
                let kept: Table = serde_json::from_slice(&std::fs::read(&path)?)?;
                table.entries.extend(kept.entries);
            }
        }
        Ok(table)
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, arithmetic: Arithmetic) -> fmt::Result {
        let here = || self.entries.iter().filter(|e| e.arithmetic == arithmetic);
        let mut backends: Vec<&str> = here().map(|e| e.backend.as_str()).collect();
        backends.sort_by_key(|name| (place(name), *name));
        backends.dedup();
        let mut rows: BTreeMap<[&str; 3], BTreeMap<&str, &Verdict>> = BTreeMap::new();
        for e in here() {
            let row = rows.entry([&e.architecture, &e.types, &e.case]);
            row.or_default().insert(&e.backend, &e.verdict);
        }
        let mut lines = vec![[&["architecture", "types", "model"], &backends[..]].concat()];
        let cell = |verdicts: &BTreeMap<&str, &Verdict>, name: &&str| {
            verdicts.get(name).map_or(String::new(), |v| short(v))
        };
        let cells: Vec<Vec<String>> = rows
            .values()
            .map(|verdicts| backends.iter().map(|name| cell(verdicts, name)).collect())
            .collect();
        for (names, cells) in rows.keys().zip(&cells) {
            let cells = cells.iter().map(String::as_str);
            lines.push(names.iter().copied().chain(cells).collect());
        }
        let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max();
        let widths: Vec<usize> = (0..lines[0].len()).map(|c| width(c).unwrap_or(0)).collect();
        for (index, line) in lines.iter().enumerate() {
            for (text, width) in line.iter().zip(&widths) {
                write!(f, "| {text:<width$} ")?;
            }
            writeln!(f, "|")?;
            if index == 0 {
                let rule = widths.iter().map(|w| format!("|{}", "-".repeat(w + 2)));
                writeln!(f, "{}|", rule.collect::<String>())?;
            }
        }
        Ok(())
    }

    /// Reasons of what does not simply agree, each once.
    fn notes(&self) -> Vec<String> {
        let note = |e: &Entry| match &e.verdict {
            Verdict::Agrees(_) => None,
            Verdict::NotCompared(reason) => Some(format!("–: {reason}")),
            Verdict::ExpectedFailure(reason) => Some(format!("expected: {reason}")),
            Verdict::Failed(why) => Some(format!("FAILED: {} on {}: {why}", e.case, e.backend)),
            Verdict::UnexpectedPass(reason) => Some(format!(
                "PASSES: {} on {}, though: {reason}",
                e.case, e.backend
            )),
        };
        let mut notes: Vec<String> = self.entries.iter().filter_map(note).collect();
        notes.sort();
        notes.dedup();
        notes
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = [
            (
                Arithmetic::Exact,
                "Exact path: largest difference of a logit or of an embedding's element",
            ),
            (
                Arithmetic::Fast,
                "Fast path: root mean square difference of logits, cosine of embeddings",
            ),
        ];
        for (arithmetic, title) in titles {
            if self.entries.iter().any(|e| e.arithmetic == arithmetic) {
                writeln!(f, "{title}\n")?;
                self.section(f, arithmetic)?;
                writeln!(f)?;
            }
        }
        for note in self.notes() {
            writeln!(f, "{note}")?;
        }
        let agree = |e: &&Entry| matches!(e.verdict, Verdict::Agrees(_));
        let n = self.entries.iter().filter(agree).count();
        write!(f, "{n} of {} agree", self.entries.len())
    }
}

/// Where a backend stands: from the plainest to the farthest from it.
fn place(backend: &str) -> usize {
    const ORDER: [&str; 8] = [
        "reference",
        "scalar",
        "neon",
        "avx2",
        "avx_vnni",
        "avx512",
        "wasm compat",
        "wasm full",
    ];
    let at = ORDER.iter().position(|name| backend.starts_with(name));
    at.unwrap_or(ORDER.len())
}

fn short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agrees(measured) => measured.clone(),
        Verdict::NotCompared(_) => "–".into(),
        Verdict::ExpectedFailure(_) => "expected".into(),
        Verdict::Failed(_) => "FAILED".into(),
        Verdict::UnexpectedPass(_) => "PASSES".into(),
    }
}

/// Where suites keep their verdicts, if somebody wants to see them together.
fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os("HEARTH_CONFORMANCE").map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(case: &str, backend: &str, verdict: Verdict) -> Entry {
        Entry {
            architecture: "llama".into(),
            types: "Q8_0".into(),
            case: case.into(),
            arithmetic: Arithmetic::Exact,
            backend: backend.into(),
            verdict,
        }
    }

    #[test]
    fn the_table_names_every_model_and_backend_once() {
        let entries = vec![
            entry("b", "wasm full", Verdict::Agrees("1e-5".into())),
            entry("a", "scalar", Verdict::Failed("prompt 0: differs".into())),
            entry(
                "a",
                "wasm full",
                Verdict::ExpectedFailure("no kernel".into()),
            ),
        ];
        let table = Table { entries };
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| architecture | types | model | scalar | wasm full |",
                "|--------------|-------|-------|--------|-----------|",
                "| llama        | Q8_0  | a     | FAILED | expected  |",
                "| llama        | Q8_0  | b     |        | 1e-5      |",
                "",
                "FAILED: a on scalar: prompt 0: differs",
                "expected: no kernel",
                "1 of 3 agree",
            ]
        );
        assert_eq!(table.not_fine(), ["a on scalar, exact: prompt 0: differs"]);
    }
}
