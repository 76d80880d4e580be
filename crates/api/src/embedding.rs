//! `embeddings`: one vector for each text; and `rerank`, by how near the vectors are.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hearth_runtime::Engine;
use serde::{Deserialize, Serialize};

use crate::completion::CompletionPrompt;
use crate::error::ApiError;
use crate::parameters::{bad, read_alone};

/// What is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct EmbeddingRequest {
    /// The texts.
    pub input: CompletionPrompt,
    /// The model, where several are loaded.
    #[serde(default)]
    pub model: Option<String>,
    /// How the numbers are written: as a list by default.
    #[serde(default)]
    pub encoding_format: EncodingFormat,
    /// Keep the so many first numbers, for models that were trained for it; the vector is made of length 1 again.
    #[serde(default)]
    pub dimensions: Option<usize>,
}

/// How a vector is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum EncodingFormat {
    /// A list of numbers.
    #[default]
    Float,
    /// The bytes of little-endian single-precision numbers, in base 64.
    Base64,
}

/// The vectors.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct EmbeddingResponse {
    /// `list`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"list\""))]
    pub object: &'static str,
    /// One for each text, in their order.
    pub data: Vec<Embedding>,
    /// The model.
    pub model: String,
    /// What it took.
    pub usage: EmbeddingUsage,
}

/// The vector of one text, of length 1: two texts are alike as far as the dot product of their vectors is near 1.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Embedding {
    /// `embedding`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"embedding\""))]
    pub object: &'static str,
    /// Which text.
    pub index: usize,
    /// It.
    pub embedding: EmbeddingVector,
}

/// A vector in the form that was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum EmbeddingVector {
    /// A list.
    Float(Vec<f32>),
    /// Base 64.
    Base64(String),
}

/// Tokens of all texts.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct EmbeddingUsage {
    /// Them.
    pub prompt_tokens: usize,
    /// The same: nothing is generated.
    pub total_tokens: usize,
}

/// What is asked of a reranker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RerankRequest {
    /// What is looked for.
    pub query: String,
    /// Where.
    pub documents: Vec<String>,
    /// The model, where several are loaded.
    #[serde(default)]
    pub model: Option<String>,
    /// The so many best only.
    #[serde(default)]
    pub top_n: Option<usize>,
    /// Whether the results have the documents' texts.
    #[serde(default)]
    pub return_documents: bool,
}

/// The documents, best first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RerankResponse {
    /// Them.
    pub results: Vec<RerankResult>,
    /// The model.
    pub model: String,
    /// What it took.
    pub usage: EmbeddingUsage,
}

/// One document.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RerankResult {
    /// Which.
    pub index: usize,
    /// How near it is to the query, from -1 to 1: the cosine of their vectors.
    pub relevance_score: f32,
    /// It, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<RerankDocument>,
}

/// A document.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RerankDocument {
    /// Its text.
    pub text: String,
}

/// Several texts that are embedded one after the other: a state machine that its caller steps, so that it can stop in between.
#[derive(Debug)]
pub struct EmbeddingRun {
    texts: Vec<Vec<u32>>,
    vectors: Vec<Vec<f32>>,
    end: End,
    model: String,
}

/// What becomes of the vectors.
#[derive(Debug)]
enum End {
    Embeddings {
        format: EncodingFormat,
        dimensions: Option<usize>,
    },
    Rerank(RerankRequest),
}

/// The end of an [`EmbeddingRun`].
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum EmbeddingAnswer {
    /// Of `embeddings`.
    Embeddings(EmbeddingResponse),
    /// Of `rerank`.
    Rerank(RerankResponse),
}

impl EmbeddingRun {
    /// Begin to embed, by a request given as JSON.
    pub fn embeddings(engine: &Engine, request: &str, model: String) -> Result<Self, ApiError> {
        let request: EmbeddingRequest = read_alone(request)?;
        let texts = request.input.tokens(&*engine.vocabulary()?);
        if texts.is_empty() {
            return Err(bad("input", "must have at least one text"));
        }
        if request.dimensions == Some(0) {
            return Err(bad("dimensions", "must be 1 or more"));
        }
        Ok(EmbeddingRun {
            texts,
            vectors: Vec::new(),
            end: End::Embeddings {
                format: request.encoding_format,
                dimensions: request.dimensions,
            },
            model,
        })
    }

    /// Begin to order documents, by a request given as JSON.
    pub fn rerank(engine: &Engine, request: &str, model: String) -> Result<Self, ApiError> {
        let request: RerankRequest = read_alone(request)?;
        let vocabulary = engine.vocabulary()?;
        let all = std::iter::once(&request.query).chain(&request.documents);
        Ok(EmbeddingRun {
            texts: all.map(|text| vocabulary.encode_prompt(text)).collect(),
            vectors: Vec::new(),
            end: End::Rerank(request),
            model,
        })
    }

    /// Embed the next text; the answer, once all are.
    pub async fn next(&mut self, engine: &mut Engine) -> Result<Option<EmbeddingAnswer>, ApiError> {
        if let Some(tokens) = self.texts.get(self.vectors.len()) {
            self.vectors.push(engine.embed(tokens).await?);
        }
        if self.vectors.len() < self.texts.len() {
            return Ok(None);
        }
        Ok(Some(self.answer()))
    }

    fn answer(&mut self) -> EmbeddingAnswer {
        let tokens = self.texts.iter().map(Vec::len).sum();
        let usage = EmbeddingUsage {
            prompt_tokens: tokens,
            total_tokens: tokens,
        };
        let model = self.model.clone();
        let vectors = std::mem::take(&mut self.vectors);
        match &self.end {
            &End::Embeddings { format, dimensions } => {
                let data = vectors
                    .into_iter()
                    .enumerate()
                    .map(|(index, vector)| Embedding {
                        object: "embedding",
                        index,
                        embedding: written(shortened(vector, dimensions), format),
                    });
                EmbeddingAnswer::Embeddings(EmbeddingResponse {
                    object: "list",
                    data: data.collect(),
                    model,
                    usage,
                })
            }
            End::Rerank(request) => EmbeddingAnswer::Rerank(RerankResponse {
                results: ranked(request, &vectors),
                model,
                usage,
            }),
        }
    }
}

/// The first vector is the query's.
fn ranked(request: &RerankRequest, vectors: &[Vec<f32>]) -> Vec<RerankResult> {
    let (query, documents) = vectors
        .split_first()
        .map_or((&[][..], vectors), |(q, d)| (&q[..], d));
    let dot = |vector: &Vec<f32>| -> f32 { vector.iter().zip(query).map(|(a, b)| a * b).sum() };
    let results = documents.iter().zip(&request.documents).enumerate();
    let mut results: Vec<RerankResult> = results
        .map(|(index, (vector, text))| RerankResult {
            index,
            relevance_score: dot(vector),
            document: request
                .return_documents
                .then(|| RerankDocument { text: text.clone() }),
        })
        .collect();
    results.sort_by(|a, b| b.relevance_score.total_cmp(&a.relevance_score));
    results.truncate(request.top_n.unwrap_or(usize::MAX));
    results
}

/// The first numbers of a vector, of length 1 again.
fn shortened(mut vector: Vec<f32>, dimensions: Option<usize>) -> Vec<f32> {
    let Some(dimensions) = dimensions.filter(|&n| n < vector.len()) else {
        return vector;
    };
    vector.truncate(dimensions);
    let length = vector
        .iter()
        .map(|x| f64::from(*x).powi(2))
        .sum::<f64>()
        .sqrt();
    if length > 0.0 {
        vector
            .iter_mut()
            .for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
    vector
}

fn written(vector: Vec<f32>, format: EncodingFormat) -> EmbeddingVector {
    match format {
        EncodingFormat::Float => EmbeddingVector::Float(vector),
        EncodingFormat::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
            EmbeddingVector::Base64(BASE64.encode(bytes))
        }
    }
}
