//! Every instruction set of this machine against other implementations, on both paths.

use hearth_conformance::backend::Backend;
use hearth_conformance::case::{self, Arithmetic, Case};
use hearth_conformance::table::Table;

fn agrees(name: &str, cases: &[Case], arithmetic: Arithmetic) {
    let table = Table::of(cases, arithmetic, &Backend::here(arithmetic));
    table.finish(&format!("native-{name}-{arithmetic}"));
}

#[test]
fn architectures_agree_on_the_exact_path() {
    agrees("zoo", &case::zoo(), Arithmetic::Exact);
}

#[test]
fn architectures_agree_on_the_fast_path() {
    agrees("zoo", &case::zoo(), Arithmetic::Fast);
}

#[test]
fn quantisations_agree_on_the_exact_path() {
    agrees("quants", &case::quants(), Arithmetic::Exact);
}

#[test]
fn quantisations_agree_on_the_fast_path() {
    agrees("quants", &case::quants(), Arithmetic::Fast);
}

#[test]
fn trained_models_agree_on_the_exact_path() {
    agrees("trained", &case::trained(), Arithmetic::Exact);
}

#[test]
fn trained_models_agree_on_the_fast_path() {
    agrees("trained", &case::trained(), Arithmetic::Fast);
}
