//! The kernels' references, node by node over the graph that the description wrote, against other implementations.

use hearth_conformance::backend::Backend;
use hearth_conformance::case::{self, Arithmetic, Case};
use hearth_conformance::table::Table;

/// Prompts beyond every window, for the architectures.
const LONG: Backend = Backend::Reference {
    prompt_tokens: 150,
    greedy_tokens: 8,
};

/// Types do not depend on the length.
const SHORT: Backend = Backend::Reference {
    prompt_tokens: 20,
    greedy_tokens: 4,
};

fn agrees(name: &str, cases: &[Case], backend: Backend) {
    Table::of(cases, Arithmetic::Exact, &[backend]).finish(name);
}

#[test]
fn architectures_agree() {
    agrees("reference-zoo", &case::zoo(), LONG);
}

#[test]
fn quantisations_agree() {
    agrees("reference-quants", &case::quants(), SHORT);
}

#[test]
fn trained_models_agree() {
    agrees("reference-trained", &case::trained(), SHORT);
}
