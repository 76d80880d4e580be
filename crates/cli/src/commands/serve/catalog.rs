//! The models in a folder: found anew at each request, described once per version of a file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::describe::{Description, describe};
use crate::model::part_paths;

/// Folders inside folders that are searched.
const MAX_DEPTH: usize = 16;

/// What may not stand in a URL's path as it is.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The models in a folder.
#[derive(Debug)]
pub(super) struct Catalog {
    /// The folder as it really is; `None` offers nothing.
    root: Option<PathBuf>,
    /// By the path of the first part.
    described: Mutex<HashMap<PathBuf, (Version, Option<Description>)>>,
}

/// What tells two versions of a model apart: time of change and size of each part.
type Version = Vec<Option<(SystemTime, u64)>>;

/// A model that is offered.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Offer {
    /// The path in the folder, of the first part of a split model.
    id: String,
    #[serde(flatten)]
    description: Description,
    /// Bytes of all parts.
    size_bytes: u64,
    /// Where the first part is.
    url: String,
    /// All parts, in order.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Serialize)]
struct Part {
    url: String,
    size_bytes: u64,
}

/// `GET /api/models`.
pub(super) async fn list(State(catalog): State<Arc<Catalog>>) -> Response {
    let offers = tokio::task::spawn_blocking(move || serde_json::to_vec(&catalog.offers())).await;
    match offers {
        Ok(Ok(json)) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the models cannot be listed\n",
        )
            .into_response(),
    }
}

impl Catalog {
    /// The models in `root`, which is canonical.
    pub(super) fn new(root: Option<PathBuf>) -> Self {
        Catalog {
            root,
            described: Mutex::default(),
        }
    }

    /// The file at a path of a URL: a model inside the folder, and nothing else.
    pub(super) fn resolve(&self, path: &str) -> Option<PathBuf> {
        let root = self.root.as_deref()?;
        let path = Path::new(path);
        let is_plain = path.components().all(|c| matches!(c, Component::Normal(_)));
        if !is_plain || !is_gguf(path) {
            return None;
        }
        let real = root.join(path).canonicalize().ok()?;
        (real.starts_with(root) && real.is_file()).then_some(real)
    }

    /// All models, by path.
    fn offers(&self) -> Vec<Offer> {
        let Some(root) = self.root.as_deref() else {
            return Vec::new();
        };
        let mut files = Vec::new();
        search(root, root, MAX_DEPTH, &mut HashSet::new(), &mut files);
        // A split model is listed once, whichever of its parts are there.
        let models: BTreeMap<PathBuf, Vec<PathBuf>> = files
            .iter()
            .map(|file| part_paths(file))
            .filter_map(|parts| Some((parts.first()?.clone(), parts)))
            .collect();
        models
            .iter()
            .filter_map(|(first, parts)| self.offer(root, first, parts))
            .collect()
    }

    fn offer(&self, root: &Path, first: &Path, parts: &[PathBuf]) -> Option<Offer> {
        let version: Version = parts.iter().map(|part| version(part)).collect();
        let description = self.description(first, &version)?;
        let offered: Option<Vec<Part>> = parts
            .iter()
            .zip(&version)
            .map(|(path, version)| {
                let size_bytes = version.map_or(0, |(_, size)| size);
                Some(Part {
                    url: url(relative(root, path)?.as_str()),
                    size_bytes,
                })
            })
            .collect();
        let parts = offered?;
        Some(Offer {
            id: relative(root, first)?,
            description,
            size_bytes: parts.iter().map(|part| part.size_bytes).sum(),
            url: parts.first()?.url.clone(),
            parts,
        })
    }

    fn description(&self, first: &Path, version: &Version) -> Option<Description> {
        let mut described = self
            .described
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match described.get(first) {
            Some((known, description)) if known == version => description.clone(),
            _ => {
                let description = describe(first);
                described.insert(first.to_owned(), (version.clone(), description.clone()));
                description
            }
        }
    }
}

/// Collect the GGUF files below `folder`. What a link leads to outside of `root` is not there.
fn search(
    root: &Path,
    folder: &Path,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    files: &mut Vec<PathBuf>,
) {
    let Ok(real) = folder.canonicalize() else {
        return;
    };
    if depth == 0 || !real.starts_with(root) || !seen.insert(real) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_hidden = path
            .file_name()
            .is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            search(root, &path, depth - 1, seen, files);
        } else if is_gguf(&path) && path.canonicalize().is_ok_and(|real| real.starts_with(root)) {
            files.push(path);
        }
    }
}

fn is_gguf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gguf"))
}

fn version(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The path below the root with `/` between names; `None` where it is no Unicode, which no URL could say.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let names = path.strip_prefix(root).ok()?.components();
    let names: Option<Vec<&str>> = names.map(|name| name.as_os_str().to_str()).collect();
    Some(names?.join("/"))
}

fn url(relative: &str) -> String {
    format!("/models/{}", utf8_percent_encode(relative, NOT_IN_PATHS))
}
