//! What was decided for a person while a model was loaded, and why.

use std::fmt;

use hearth_tensor::DType;
use hearth_webgpu::GpuError;
use serde::Serialize;

use crate::error::RuntimeError;

/// A model runs otherwise than was asked for, or than it would with more memory. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// The context is shorter.
    ShorterContext {
        /// Tokens that it would have.
        wanted: usize,
        /// Tokens that it has.
        n_ctx: usize,
        /// What did not fit.
        why: Shortage,
    },
    /// The KV cache has a smaller element type.
    SmallerCache {
        /// The type that it would have.
        #[serde(serialize_with = "name")]
        wanted: DType,
        /// The type that it has.
        #[serde(serialize_with = "name")]
        cache: DType,
        /// What did not fit.
        why: Shortage,
    },
    /// The CPU computes in place of the GPU.
    OnCpu {
        /// What the GPU lacks.
        reason: String,
    },
    /// The GPU gets one way of computing wrong, which is left out.
    LeftOut {
        /// What is computed.
        kernel: String,
        /// In which way.
        variant: String,
        /// What was wrong.
        reason: String,
    },
}

/// What did not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shortage {
    /// All of the model together.
    Memory {
        /// Bytes needed.
        needed: u64,
        /// Bytes that may be used.
        available: u64,
    },
    /// One value.
    Buffer {
        /// Its name.
        value: String,
        /// Bytes of it.
        bytes: u64,
        /// Bytes of the GPU's largest buffer.
        limit: u64,
    },
    /// The GPU had no memory left.
    Refused {
        /// Bytes needed.
        needed: u64,
    },
}

impl Shortage {
    /// What did not fit, if that is what went wrong: then something smaller may.
    pub(crate) fn of(error: &RuntimeError) -> Option<Self> {
        Some(match error {
            RuntimeError::NotEnoughMemory { needed, available } => Shortage::Memory {
                needed: *needed,
                available: *available,
            },
            RuntimeError::Gpu(GpuError::TooLarge {
                value,
                bytes,
                limit,
            }) => Shortage::Buffer {
                value: value.clone(),
                bytes: *bytes as u64,
                limit: *limit as u64,
            },
            RuntimeError::Gpu(GpuError::OutOfMemory { bytes, .. }) => Shortage::Refused {
                needed: *bytes as u64,
            },
            _ => return None,
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::ShorterContext { wanted, n_ctx, why } => {
                write!(
                    f,
                    "the context has {n_ctx} tokens in place of {wanted}: {why}"
                )
            }
            Note::SmallerCache { wanted, cache, why } => {
                write!(f, "the KV cache is {cache} in place of {wanted}: {why}")
            }
            Note::OnCpu { reason } => {
                write!(f, "the CPU computes in place of the GPU: {reason}")
            }
            Note::LeftOut {
                kernel,
                variant,
                reason,
            } => {
                write!(
                    f,
                    "the GPU gets {kernel} wrong ({variant}: {reason}), and computes them in another way"
                )
            }
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shortage::Memory { needed, available } => {
                let [needed, available] = [needed, available].map(|bytes| megabytes(*bytes));
                write!(
                    f,
                    "{needed} MB would be needed, and there are {available} MB"
                )
            }
            Shortage::Buffer {
                value,
                bytes,
                limit,
            } => {
                let [bytes, limit] = [bytes, limit].map(|bytes| megabytes(*bytes));
                write!(
                    f,
                    "{value} would take {bytes} MB, and a buffer of this GPU holds {limit} MB"
                )
            }
            Shortage::Refused { needed } => {
                let needed = megabytes(*needed);
                write!(
                    f,
                    "{needed} MB would be needed, and the GPU has not as much"
                )
            }
        }
    }
}

/// With as many digits as tell two sizes apart.
fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 {
        format!("{megabytes:.2}")
    } else {
        format!("{megabytes:.0}")
    }
}

fn name<S: serde::Serializer>(dtype: &DType, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(dtype.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_say_what_and_why() {
        let note = Note::ShorterContext {
            wanted: 4096,
            n_ctx: 1024,
            why: Shortage::Memory {
                needed: 3_200_000_000,
                available: 4_500_000,
            },
        };
        assert_eq!(
            note.to_string(),
            "the context has 1024 tokens in place of 4096: 3200 MB would be needed, and there are 4.50 MB"
        );
    }

    #[test]
    fn only_what_does_not_fit_is_a_shortage() {
        let lost = GpuError::Lost {
            reason: String::new(),
        };
        assert_eq!(Shortage::of(&lost.into()), None);
        let full = RuntimeError::NotEnoughMemory {
            needed: 2,
            available: 1,
        };
        let shortage = Shortage::Memory {
            needed: 2,
            available: 1,
        };
        assert_eq!(Shortage::of(&full), Some(shortage));
    }
}
