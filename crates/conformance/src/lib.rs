//! Reference outputs of independent implementations against every backend of Hearth.
//!
//! | module | holds |
//! |---|---|
//! | [`case`] | models, what is asked of them, and what they should give, with its tolerance |
//! | [`reference`] | the references' files, read |
//! | [`backend`] | the ways to run a case, and what they give |
//! | [`interpreter`] | the backend that is the kernels' references, node by node |
//! | [`native`] | the backends of this machine |
//! | [`browser`] | the wasm builds: what a browser is asked, and what it recorded |
//! | [`ember`] | what the repository's own model can do, on samples that it never saw |
//! | [`schemas`] | JSON schemas of every kind, and what random models answer under them |
//! | [`verdict`] | outputs measured and compared |
//! | [`expected`] | what is known not to work yet, each with its reason; an unexpected success fails |
//! | [`table`] | architecture × types × backend, printed |
//! | [`failure`] | why a backend gave nothing |
//!
//! The suites are the files under `tests/`. They need the reference models and skip without them.

pub mod backend;
pub mod browser;
pub mod case;
pub mod ember;
pub mod expected;
pub mod failure;
pub mod interpreter;
pub mod native;
pub mod reference;
pub mod schemas;
pub mod table;
pub mod verdict;
