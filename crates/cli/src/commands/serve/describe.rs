//! What the list says about one model: enough to choose by, and whether it runs.

use std::path::Path;

use hearth_runtime::gguf::Gguf;
use hearth_runtime::load::parse;
use hearth_runtime::{DType, RuntimeError, Vocabulary};
use serde::Serialize;

use crate::commands::inspect::{parameters, plan, quantization};
use crate::error::CliError;
use crate::model::open;

/// What a model is.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Description {
    /// `general.name`, else the file's name.
    name: String,
    architecture: Option<String>,
    parameters: u64,
    /// Most frequent type of its matrices.
    quantization: Option<&'static str>,
    /// Tokens that it was trained for.
    context_length: Option<u64>,
    has_chat_template: bool,
    /// Whether it can be run here.
    supported: bool,
    /// If not, why.
    reason: Option<String>,
}

/// Describe the model whose first part is `first`; `None` for a file without tensors, such as a bare vocabulary.
pub(super) fn describe(first: &Path) -> Option<Description> {
    let unusable = |error: CliError| Description {
        name: stem(first),
        reason: Some(error.to_string()),
        ..Description::default()
    };
    let gguf = match open(first).and_then(|parts| parse(&parts).map_err(CliError::Run)) {
        Ok(gguf) => gguf,
        Err(error) => return Some(unusable(error)),
    };
    if gguf.tensors().is_empty() {
        return None;
    }
    let failure = runs(first, &gguf).err();
    let metadata = gguf.metadata();
    let architecture = metadata.get_str("general.architecture").ok();
    let context = architecture.map(|a| metadata.get_u64(&format!("{a}.context_length")));
    Some(Description {
        name: metadata
            .get_str("general.name")
            .map_or_else(|_| stem(first), str::to_owned),
        architecture: architecture.map(str::to_owned),
        parameters: parameters(&gguf),
        quantization: quantization(&gguf).map(DType::name),
        context_length: context.and_then(Result::ok),
        has_chat_template: metadata.get("tokenizer.chat_template").is_some(),
        supported: failure.is_none(),
        reason: failure.map(|error| error.to_string()),
    })
}

/// Whether the model can be planned, its tokenizer used, and text comes out; a page needs all three.
fn runs(first: &Path, gguf: &Gguf) -> Result<(), CliError> {
    let info = plan(open(first)?, None).map_err(CliError::Run)?;
    if info.pooling.is_some() {
        let architecture = info.architecture;
        return Err(CliError::Run(RuntimeError::NoLogits { architecture }));
    }
    Vocabulary::read(gguf).map_err(CliError::Run)?;
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}
