//! What the speed costs: perplexity on a text with 8-bit activations against exact arithmetic, and the size of the wasm.

use super::record::{Case, Figure, Record, contender};
use super::{Bench, number};
use crate::wasm;

/// Trained models and a text of the test data.
const MODELS: [(&str, &str); 2] = [("tinystories656K", "Q8_0"), ("tinystories656K", "Q4_0")];
const TEXT: &str = "models/text/wikitext-2-test.txt";
/// Windows of 512 tokens.
const WINDOWS: &str = "40";
const THREADS: usize = 2;

/// Measured once: it does not vary.
pub(crate) fn run(bench: &Bench<'_>, record: &mut Record) -> Result<(), String> {
    let full = bench
        .workspace
        .packages()
        .join("sdk/src/generated/full/hearth_bg.wasm");
    if full.is_file() {
        let (_, gzip) = wasm::sizes(&full)?;
        record.add(
            &Case::default(),
            contender::FULL,
            0,
            Figure::GzipBytes,
            gzip as f64,
        );
    } else {
        record.note("the size of the wasm was left out: it is not built".to_owned());
    }
    let Some(shared) = &bench.workspace.shared else {
        record
            .note("perplexity was left out: there is no ../shared with a trained model".to_owned());
        return Ok(());
    };
    let text = shared.join(TEXT);
    for (name, quant) in MODELS {
        let model = shared.join(format!("models/llm/{name}-{quant}.gguf"));
        let (Some(model), Some(text)) = (model.to_str(), text.to_str()) else {
            return Err("the path of the test data is not UTF-8".to_owned());
        };
        for (who, activations) in [(contender::EXACT, "f32"), (contender::NATIVE, "auto")] {
            let options = ["--limit", WINDOWS, "-t", "2", "--activations", activations];
            let made = bench.hearth(&[&["perplexity", model, text], &options[..]].concat())?;
            let perplexity = number(&made, "/perplexity")?;
            record.add(
                &Case::new(name, quant),
                who,
                THREADS,
                Figure::Perplexity,
                perplexity,
            );
        }
    }
    Ok(())
}
