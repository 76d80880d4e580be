//! What is known not to work yet. A suite fails when one of these works: take it off the list then.

/// Types of tensors that nothing computes with yet.
pub const UNSUPPORTED_TYPES: &[&str] = &[
    "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS",
    "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
];

/// Architectures without a description yet.
pub const UNSUPPORTED_ARCHITECTURES: &[&str] = &[
    "bert",
    "gemma-embedding",
    "gemma2",
    "gemma3",
    "gemma4",
    "gpt-oss",
    "granite",
    "lfm2",
    "mistral3",
    "nomic-bert",
    "phi3",
    "qwen35",
    "qwen3moe",
    "smollm3",
];
