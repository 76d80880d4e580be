//! Reference outputs of independent implementations against every backend of Hearth.
//!
//! | module | holds |
//! |---|---|
//! | [`backend`] | the ways to run a model that all suites go through |
//! | [`reference`] | the references' files, read |
//! | [`expected`] | what is known not to work yet, each with its reason; an unexpected success fails |
//!
//! The suites are the files under `tests/`. They need the reference models and skip without them.

pub mod backend;
pub mod expected;
pub mod reference;
