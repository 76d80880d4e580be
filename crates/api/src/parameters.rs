//! How tokens are chosen: the parameters that every request that generates has.

use std::collections::BTreeMap;

use hearth_runtime::{DraftSource, GenerateOptions, Sampling};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// What a request that says nothing else is sampled with: llama.cpp's defaults, with which small models write better than with
/// OpenAI's (temperature 1 and nothing cut off).
const TEMPERATURE: f32 = 0.8;
const TOP_K: usize = 40;
const TOP_P: f32 = 0.95;
const MIN_P: f32 = 0.05;

/// Most choices of a request.
const MOST_CHOICES: usize = 128;
/// Most stop texts: OpenAI takes four, local programs some more.
const MOST_STOPS: usize = 64;

/// The parameters as a request has them, beside its own fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Parameters {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: Option<f32>,
    /// Keep the likeliest tokens until their probabilities reach this.
    pub top_p: Option<f32>,
    /// Keep the so many likeliest tokens; 0 keeps all.
    pub top_k: Option<usize>,
    /// Keep tokens of at least this share of the likeliest one's probability.
    pub min_p: Option<f32>,
    /// Keep the tokens whose surprise is nearest the expected one.
    pub typical_p: Option<f32>,
    /// Makes tokens seen lately less likely; 1 does nothing.
    pub repeat_penalty: Option<f32>,
    /// "Lately": so many of the newest tokens.
    pub repeat_last_n: Option<usize>,
    /// Subtracted from a logit for each time its token was seen lately.
    pub frequency_penalty: Option<f32>,
    /// Subtracted once from the logit of every token seen lately.
    pub presence_penalty: Option<f32>,
    /// Added to logits, by token id.
    #[cfg_attr(
        feature = "typescript",
        tsify(type = "Record<string, number>", optional)
    )]
    pub logit_bias: Option<BTreeMap<String, f32>>,
    /// Same seed, same answer.
    pub seed: Option<i64>,
    /// Texts that end the answer.
    pub stop: Option<Stop>,
    /// Answers to give.
    pub n: Option<usize>,
    /// Tokens to generate at most.
    pub max_tokens: Option<usize>,
    /// Go on after the model's own end token.
    pub ignore_eos: Option<bool>,
    /// Who guesses tokens ahead.
    pub speculation: Option<Speculation>,
}

/// One text or several.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Who guesses tokens ahead, to compute several at once. The answer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Speculation {
    /// The text itself: what followed the last time that it went like this.
    Lookup,
    /// Nobody.
    Off,
}

/// The names of [`Parameters`]' fields.
const NAMES: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "repeat_penalty",
    "repeat_last_n",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "seed",
    "stop",
    "n",
    "max_tokens",
    "ignore_eos",
    "speculation",
];

/// What requests may say to OpenAI's service, and what means nothing here.
const OF_THE_SERVICE: &[&str] = &[
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
    "verbosity",
];

/// Read a request: its own fields, and the parameters beside them.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<(T, Parameters), ApiError> {
    let mut fields = fields_of(json)?;
    let chosen = NAMES.iter().filter_map(|&name| fields.remove_entry(name));
    let parameters = shaped(chosen.collect())?;
    Ok((shaped(fields)?, parameters))
}

/// Read a request that generates nothing, and so has no parameters.
pub(crate) fn read_alone<T: DeserializeOwned>(json: &str) -> Result<T, ApiError> {
    shaped(fields_of(json)?)
}

/// What a request says to us. `null` is the same as nothing.
fn fields_of(json: &str) -> Result<Map<String, Value>, ApiError> {
    let mut fields: Map<String, Value> = serde_json::from_str(json)?;
    fields.retain(|name, value| !value.is_null() && !OF_THE_SERVICE.contains(&name.as_str()));
    Ok(fields)
}

/// Fields in the shape that is wanted. An error names the one at fault.
fn shaped<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, ApiError> {
    let mut fields = Fields {
        left: fields.into_iter(),
        name: None,
        value: None,
    };
    T::deserialize(MapAccessDeserializer::new(&mut fields)).map_err(|source| match fields.name {
        Some(name) => ApiError::Field {
            name: name.into(),
            source,
        },
        None => ApiError::Shape(source),
    })
}

/// The fields of a request as they are read, one after the other.
struct Fields {
    left: serde_json::map::IntoIter,
    /// Of the one that is being read.
    name: Option<String>,
    value: Option<Value>,
}

impl<'de> MapAccess<'de> for &mut Fields {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        let (name, value) = self.left.next().unzip();
        self.value = value;
        self.name = name;
        let name = self.name.as_deref();
        name.map(|name| seed.deserialize(name.into_deserializer()))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Self::Error> {
        seed.deserialize(self.value.take().unwrap_or_default())
    }
}

impl Parameters {
    /// How many answers are asked for.
    pub fn choices(&self) -> Result<usize, ApiError> {
        match self.n.unwrap_or(1) {
            n @ 1..=MOST_CHOICES => Ok(n),
            _ => Err(bad("n", "must be between 1 and 128")),
        }
    }

    /// What the engine is asked for. Choice `choice` of several draws other numbers than the first.
    pub fn options(&self) -> Result<GenerateOptions, ApiError> {
        let default = Sampling::default();
        let or = |asked: Option<f32>, default: f32| asked.unwrap_or(default);
        let speculation = self.speculation.map(|who| match who {
            Speculation::Lookup => DraftSource::Lookup.into(),
            Speculation::Off => DraftSource::Off.into(),
        });
        let options = GenerateOptions {
            max_tokens: self.max_tokens,
            sampling: Sampling {
                temperature: or(self.temperature, TEMPERATURE),
                top_k: self.top_k.unwrap_or(TOP_K),
                top_p: or(self.top_p, TOP_P),
                min_p: or(self.min_p, MIN_P),
                typical_p: or(self.typical_p, default.typical_p),
                repetition_penalty: or(self.repeat_penalty, default.repetition_penalty),
                frequency_penalty: or(self.frequency_penalty, default.frequency_penalty),
                presence_penalty: or(self.presence_penalty, default.presence_penalty),
                penalty_window: self.repeat_last_n.unwrap_or(default.penalty_window),
                logit_bias: self.biases()?,
                // Two's complement: every whole number is a seed.
                seed: self.seed.unwrap_or_default().cast_unsigned(),
            },
            stop: self.stops()?,
            ignore_eos: self.ignore_eos.unwrap_or_default(),
            speculation: speculation.unwrap_or_default(),
            ..GenerateOptions::default()
        };
        options.sampling.check().map_err(|bad| ApiError::Sampling {
            parameter: match bad.name {
                "repetition_penalty" => "repeat_penalty",
                name => name,
            },
            value: bad.value,
            range: bad.range,
        })?;
        Ok(options)
    }

    fn biases(&self) -> Result<Vec<(u32, f32)>, ApiError> {
        let biases = self.logit_bias.iter().flatten();
        let biases = biases.map(|(id, &bias)| match (id.parse(), bias.is_finite()) {
            (Ok(id), true) => Ok((id, bias)),
            _ => Err(bad(
                "logit_bias",
                "must be an object of numbers by token id",
            )),
        });
        biases.collect()
    }

    fn stops(&self) -> Result<Vec<String>, ApiError> {
        let stops = match &self.stop {
            None => Vec::new(),
            Some(Stop::One(text)) => vec![text.clone()],
            Some(Stop::Several(texts)) => texts.clone(),
        };
        if stops.len() > MOST_STOPS {
            return Err(bad("stop", "has more than 64 texts"));
        }
        Ok(stops.into_iter().filter(|text| !text.is_empty()).collect())
    }
}

/// The parameter has a value that it cannot have.
pub(crate) fn bad(parameter: &'static str, problem: &'static str) -> ApiError {
    ApiError::Parameter { parameter, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        prompt: String,
    }

    #[test]
    fn every_parameter_is_known_by_its_name() {
        let all = r#"{"prompt":"a","temperature":0.5,"top_p":0.5,"top_k":1,"min_p":0.5,"typical_p":0.5,
            "repeat_penalty":1.5,"repeat_last_n":3,"frequency_penalty":1,"presence_penalty":1,"logit_bias":{"5":-100},
            "seed":-1,"stop":["x"],"n":2,"max_tokens":7,"ignore_eos":true,"speculation":"off","user":"me","store":null}"#;
        let (own, parameters) = read::<Own>(all).expect("all is known");
        assert_eq!(own.prompt, "a");
        let options = parameters.options().expect("in range");
        assert_eq!(options.max_tokens, Some(7));
        assert_eq!(options.sampling.seed, u64::MAX);
        assert_eq!(options.sampling.logit_bias, [(5, -100.0)]);
        assert_eq!(options.stop, ["x"]);
        let given: Map<String, Value> = serde_json::from_str(all).expect("JSON");
        assert!(NAMES.iter().all(|name| given.contains_key(*name)));
    }

    #[test]
    fn what_is_not_known_or_wrong_is_an_error_that_names_it() {
        let cases = [
            (r#"{"prompt":"a","topk":1}"#, Some("topk")),
            (r#"{"prompt":"a","top_k":"many"}"#, Some("top_k")),
            (r#"{"prompt":1}"#, Some("prompt")),
            (r#"{"temperature":1}"#, None),
            (r#"["prompt"]"#, None),
            ("prompt", None),
        ];
        for (case, field) in cases {
            let error = read::<Own>(case).expect_err(case);
            assert_eq!((error.code(), error.parameter()), ("bad_request", field));
            assert!(field.is_none_or(|field| error.to_string().contains(field)));
        }
    }

    #[test]
    fn a_value_that_it_cannot_have_is_an_error_that_names_the_parameter() {
        let cases = [
            (r#"{"temperature":-1}"#, "bad_sampling", "temperature"),
            (r#"{"top_p":1.5}"#, "bad_sampling", "top_p"),
            (r#"{"repeat_penalty":0}"#, "bad_sampling", "repeat_penalty"),
            (r#"{"logit_bias":{"word":1}}"#, "bad_request", "logit_bias"),
        ];
        for (case, code, parameter) in cases {
            let parameters: Parameters = serde_json::from_str(case).expect("the shape is right");
            let error = parameters.options().expect_err(case);
            assert_eq!((error.code(), error.parameter()), (code, Some(parameter)));
            assert_eq!(error.object()["error"]["type"], "invalid_request_error");
            assert_eq!(error.object()["error"]["param"], parameter);
        }
        let none = Parameters {
            n: Some(0),
            ..Parameters::default()
        };
        let error = none.choices().expect_err("no answer at all");
        assert_eq!(error.parameter(), Some("n"));
    }
}
