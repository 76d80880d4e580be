//! The models that are measured: random weights in real shapes, made once and kept in the cache.

use std::path::PathBuf;

use super::options::Options;
use super::record::Case;
use crate::process;
use crate::workspace::Workspace;

/// Too large for a tab; natively their decode alone is measured.
const LARGE: [&str; 1] = ["llama-3-8b"];
/// The type in which large ones are measured.
const LARGE_TYPE: &str = "Q4_K_M";

/// A model file.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) case: Case,
    pub(crate) path: PathBuf,
    pub(crate) is_large: bool,
}

impl Model {
    /// The path as an argument.
    pub(crate) fn arg(&self) -> Result<&str, String> {
        let path = self.path.to_str();
        path.ok_or_else(|| format!("{}: not UTF-8", self.path.display()))
    }
}

/// Every model in every type, as far as they are not there.
pub(crate) fn make(workspace: &Workspace, options: &Options) -> Result<Vec<Model>, String> {
    let folder = workspace.cache.join("bench/models");
    std::fs::create_dir_all(&folder)
        .map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
    let mut models = Vec::new();
    for name in &options.models {
        let is_large = LARGE.contains(&name.as_str());
        let types = options.types.iter();
        for quant in types.filter(|quant| !is_large || *quant == LARGE_TYPE) {
            let layers = options.layers.map(|n| format!("-{n}-layers"));
            let file = format!("{name}-{quant}{}.gguf", layers.unwrap_or_default());
            let path = folder.join(file);
            if !path.is_file() {
                let mut command = workspace.command(workspace.hearth());
                command.args(["synth", name, quant]).arg(&path);
                if let Some(layers) = options.layers {
                    command.args(["--layers", &layers.to_string()]);
                }
                process::run(&mut command)?;
            }
            models.push(Model {
                case: Case::new(name, quant),
                path,
                is_large,
            });
        }
    }
    Ok(models)
}
