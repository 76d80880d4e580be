//! The files of a record, `DATE-machine.json`, `.md` and `.svg`: a name for each run alone, and how they are written.
//!
//! A run writes them after every repeat under the name that it took first, and never over those of another run: a page that
//! shows a plot beside figures shows the plot of those figures for good.

use std::path::{Path, PathBuf};

use super::record::Record;
use super::{gpu, machine, plot, tables};
use crate::workspace;

/// What a record consists of. A name is taken as soon as one of them is there.
const KINDS: [&str; 3] = ["json", "md", "svg"];

/// Where one record lies.
#[derive(Debug)]
pub(crate) struct Files {
    json: PathBuf,
}

impl Files {
    /// Those of a record that is there, by its JSON file.
    pub(crate) fn of(json: &Path) -> Self {
        Files {
            json: json.to_path_buf(),
        }
    }

    /// A name in `folder` that no other record has.
    pub(crate) fn unused(folder: &Path, record: &Record) -> Self {
        let measured = record.gpu.as_ref().unwrap_or(&record.machine.cpu);
        let plain = format!("{}-{}", record.date, machine::slug(measured));
        let is_taken = |name: &str| {
            let mut files = KINDS
                .iter()
                .map(|kind| folder.join(format!("{name}.{kind}")));
            files.any(|file| file.exists())
        };
        let name = free_name(&plain, is_taken);
        Files {
            json: folder.join(format!("{name}.json")),
        }
    }

    /// The page for people.
    pub(crate) fn page(&self) -> PathBuf {
        self.json.with_extension("md")
    }

    /// Writes all three and gives the text of the page.
    pub(crate) fn write(&self, record: &Record) -> Result<String, String> {
        let json = serde_json::to_string_pretty(record).map_err(|e| format!("the record: {e}"))?;
        workspace::replace(&self.json, &(json + "\n"))?;
        self.render(record)
    }

    /// Writes the plot and the page of a record, and gives the text of the page.
    pub(crate) fn render(&self, record: &Record) -> Result<String, String> {
        if let Some(gpu) = &record.gpu {
            let markdown = gpu::markdown(record, gpu);
            workspace::replace(&self.page(), &markdown)?;
            return Ok(markdown);
        }
        let svg = self.json.with_extension("svg");
        let plot = svg.file_name().unwrap_or_default().to_string_lossy();
        workspace::replace(&svg, &plot::svg(record))?;
        let markdown = tables::markdown(record, &plot);
        workspace::replace(&self.page(), &markdown)?;
        Ok(markdown)
    }

    /// Writes what there is of a run that goes on, with a note for the case that it does not get to its end.
    pub(crate) fn write_unfinished(&self, record: &mut Record, note: String) -> Result<(), String> {
        record.notes.push(note);
        let written = self.write(record);
        record.notes.pop();
        written.map(drop)
    }
}

/// The name itself, else the first of `name-2`, `name-3` and so on that is not taken.
fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    let mut number = 1;
    while is_taken(&free) {
        number += 1;
        free = format!("{name}-{number}");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let mut record = Record {
            date: "2026-01-02".to_owned(),
            ..Record::default()
        };
        record.machine.cpu = "Some CPU 9".to_owned();
        record
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_first_free_name_is_taken() {
        let name = |taken: &[&str]| free_name("day", |name| taken.contains(&name));
        assert_eq!(name(&[]), "day");
        assert_eq!(name(&["day"]), "day-2");
        assert_eq!(name(&["day", "day-2", "day-4"]), "day-3");
        assert_eq!(name(&["day-2"]), "day");
    }

    #[test]
    fn a_run_keeps_its_name_and_spares_those_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let first = Files::unused(folder.path(), &record());
        first.write(&record()).unwrap();
        first.write(&record()).unwrap();
        let three = ["json", "md", "svg"].map(|kind| format!("2026-01-02-some-9.{kind}"));
        assert_eq!(names(folder.path()), three);

        // A page alone takes the name as well.
        std::fs::remove_file(folder.path().join(&three[0])).unwrap();
        let page = std::fs::read_to_string(first.page()).unwrap();
        let second = Files::unused(folder.path(), &record());
        let text = second.write(&record()).unwrap();
        assert_eq!(second.page(), folder.path().join("2026-01-02-some-9-2.md"));
        assert!(text.contains("(2026-01-02-some-9-2.svg)"), "{text}");
        assert_eq!(std::fs::read_to_string(first.page()).unwrap(), page);
    }

    #[test]
    fn only_an_unfinished_record_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = record();
        let files = Files::unused(folder.path(), &record);
        files
            .write_unfinished(&mut record, "broken off".to_owned())
            .unwrap();
        let page = || std::fs::read_to_string(files.page()).unwrap();
        assert!(page().contains("- broken off"), "{}", page());
        files.write(&record).unwrap();
        assert!(!page().contains("broken off"), "{}", page());
    }

    #[test]
    fn the_readme_shows_a_record_that_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = workspace::read(&root.join("README.md")).unwrap();
        let links = readme.split("(benches/record/").skip(1);
        let links: Vec<&str> = links.filter_map(|rest| rest.split(')').next()).collect();
        assert!(!links.is_empty());
        for link in links {
            let file = root.join("benches/record").join(link);
            for kind in KINDS {
                let file = file.with_extension(kind);
                assert!(file.is_file(), "{} is missing", file.display());
            }
        }
    }
}
