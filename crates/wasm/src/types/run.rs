//! What a request is, beside its JSON.

use hearth_api::run::Told;
use serde::Deserialize;
use tsify::Tsify;

/// Which shape a request has.
#[derive(Clone, Copy, Debug, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// A conversation that is answered.
    Chat,
    /// Text that goes on.
    Completion,
    /// Vectors of texts.
    Embeddings,
    /// Documents by how near they are to a query.
    Rerank,
}

/// What a request carries beside its JSON.
#[derive(Clone, Debug, Deserialize, Tsify)]
pub struct RunContext {
    /// Names the answer.
    pub id: String,
    /// When the request was made, in seconds since 1970.
    pub created: u64,
    /// The model's name.
    pub model: String,
    /// The person's date and time of day, for templates that ask for it: `2026-01-15T12:30:00`.
    pub now: String,
    /// What was told of the answer before it was broken off.
    #[tsify(optional)]
    #[serde(default)]
    pub told: Option<Told>,
}
