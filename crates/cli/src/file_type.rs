//! Kinds of quantised files, and which tensor gets which type in each: the rules of llama-quantize without an importance
//! matrix, so that a file of a name has here what it has there.

#[cfg(test)]
mod tests;

use std::fmt;

use clap::ValueEnum;
use hearth_runtime::DType;

/// What a file is called by the types of its tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(non_camel_case_types, reason = "the field writes Q4_K_M, not Q4KM")]
#[value(rename_all = "verbatim")]
pub(crate) enum FileType {
    F32,
    F16,
    BF16,
    Q4_0,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K_S,
    Q4_K_M,
    Q5_K_S,
    Q5_K_M,
    Q6_K,
    /// Experts in MXFP4, the rest in Q8_0
    MXFP4_MOE,
}

impl FileType {
    /// `general.file_type`: `enum llama_ftype` of llama.h.
    pub(crate) fn number(self) -> u32 {
        match self {
            FileType::F32 => 0,
            FileType::F16 => 1,
            FileType::Q4_0 => 2,
            FileType::Q8_0 => 7,
            FileType::Q5_0 => 8,
            FileType::Q5_1 => 9,
            FileType::Q4_K_S => 14,
            FileType::Q4_K_M => 15,
            FileType::Q5_K_S => 16,
            FileType::Q5_K_M => 17,
            FileType::Q6_K => 18,
            FileType::BF16 => 32,
            FileType::MXFP4_MOE => 38,
        }
    }

    /// The type of most tensors.
    pub(crate) fn dtype(self) -> DType {
        match self {
            FileType::F32 => DType::F32,
            FileType::F16 => DType::F16,
            FileType::BF16 => DType::BF16,
            FileType::Q4_0 => DType::Q4_0,
            FileType::Q5_0 => DType::Q5_0,
            FileType::Q5_1 => DType::Q5_1,
            FileType::Q8_0 => DType::Q8_0,
            FileType::Q4_K_S | FileType::Q4_K_M => DType::Q4_K,
            FileType::Q5_K_S | FileType::Q5_K_M => DType::Q5_K,
            FileType::Q6_K => DType::Q6_K,
            FileType::MXFP4_MOE => DType::MXFP4,
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What a model is like, as far as it matters for types.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traits {
    /// Blocks.
    pub(crate) n_layers: usize,
    /// Experts of a mixture; 0 without.
    pub(crate) n_experts: usize,
    /// Llama with 70 billion parameters, whose value heads serve eight query heads each.
    pub(crate) is_llama_70b: bool,
}

/// The types of a model's tensors.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    file_type: FileType,
    traits: Traits,
    /// Layers with a value matrix of their own, in order.
    value_layers: Vec<usize>,
    /// Layers with a value matrix, be it a part of a fused one.
    n_value_layers: usize,
    has_output: bool,
}

/// Matrices that stay as they are: small, and what they give is looked at closely.
const KEPT: &[&str] = &[
    "_norm.weight",
    "ffn_gate_inp.weight",
    "altup",
    "laurel",
    "per_layer_model_proj",
    "ssm_conv1d",
    "shortconv.conv.weight",
    "attn_rel_b.weight",
];

impl Mix {
    /// The mix for a model with tensors of these names.
    pub(crate) fn new<'a>(
        file_type: FileType,
        traits: Traits,
        names: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut mix = Mix {
            file_type,
            traits,
            value_layers: Vec::new(),
            n_value_layers: 0,
            has_output: false,
        };
        for name in names {
            mix.has_output |= name == "output.weight";
            if name.contains("attn_v.weight") {
                mix.value_layers.extend(layer_of(name));
            }
            let fused = ["attn_v.weight", "attn_qkv.weight", "attn_kv_b.weight"];
            mix.n_value_layers += usize::from(fused.iter().any(|part| name.contains(part)));
        }
        mix.value_layers.sort_unstable();
        mix
    }

    /// The type of a tensor, outermost dimension first; `None` if it stays as it is.
    pub(crate) fn dtype(&self, name: &str, dims: &[usize]) -> Option<DType> {
        let base = self.file_type.dtype();
        if base == DType::F32 {
            return Some(base);
        }
        if !is_large_matrix(name, dims) {
            return None;
        }
        if !base.is_quantized() {
            return Some(base);
        }
        let cols = dims.last().copied().unwrap_or(1);
        Some(fitting(self.wanted(name, dims, cols), cols))
    }

    /// The type before it is asked whether rows are whole blocks.
    fn wanted(&self, name: &str, dims: &[usize], cols: usize) -> DType {
        let base = self.file_type.dtype();
        let serves_as_output = if self.has_output {
            "output.weight"
        } else {
            "token_embd.weight"
        };
        if self.file_type == FileType::MXFP4_MOE {
            return if dims.len() > 2 { base } else { DType::Q8_0 };
        }
        if name == serves_as_output {
            return match base {
                _ if !cols.is_multiple_of(base.block_elems()) => DType::Q8_0,
                DType::Q8_0 => DType::Q8_0,
                _ => DType::Q6_K,
            };
        }
        if name.contains("attn_v.weight") {
            return self.of_values(layer_of(name).unwrap_or(0));
        }
        if name.contains("ffn_down") {
            return self.of_down_projection(layer_of(name).unwrap_or(0));
        }
        let eight_experts = self.traits.n_experts == 8;
        match (self.file_type, base) {
            (FileType::Q4_K_M, _) if name.contains("attn_qkv.weight") => DType::Q5_K,
            (FileType::Q5_K_M, _) if name.contains("attn_qkv.weight") => DType::Q6_K,
            _ if eight_experts && name.contains("attn_k.weight") => DType::Q8_0,
            (_, DType::Q4_K) if eight_experts && name.contains("attn_output") => DType::Q5_K,
            _ => base,
        }
    }

    fn of_values(&self, layer: usize) -> DType {
        let place = self.value_layers.iter().position(|&l| l == layer);
        let place = place.unwrap_or(0);
        let dtype = match self.file_type {
            FileType::Q4_K_M | FileType::Q5_K_M if more_bits(place, self.n_value_layers) => {
                DType::Q6_K
            }
            FileType::Q4_K_S if place < 4 => DType::Q5_K,
            other => other.dtype(),
        };
        match dtype {
            _ if self.traits.n_experts == 8 => DType::Q8_0,
            DType::Q4_K if self.traits.is_llama_70b => DType::Q5_K,
            dtype => dtype,
        }
    }

    fn of_down_projection(&self, layer: usize) -> DType {
        let n_layers = self.traits.n_layers;
        match self.file_type {
            FileType::Q4_K_M | FileType::Q5_K_M if more_bits(layer, n_layers) => DType::Q6_K,
            FileType::Q4_K_S if layer < n_layers / 8 => DType::Q5_K,
            other => other.dtype(),
        }
    }
}

/// Layers at both ends and every third between them, which matter more.
fn more_bits(layer: usize, n_layers: usize) -> bool {
    let eighth = n_layers / 8;
    layer < eighth || layer >= 7 * n_layers / 8 || (layer - eighth) % 3 == 2
}

/// Whether a tensor is one of those that make a file large.
fn is_large_matrix(name: &str, dims: &[usize]) -> bool {
    // GGML counts no outer dimensions of 1.
    let n_dims = dims.len() - dims.iter().take_while(|&&n| n == 1).count();
    n_dims >= 2
        && name.ends_with("weight")
        && !KEPT.iter().any(|part| name.contains(part))
        && !["position_embd.weight", "token_types.weight"].contains(&name)
}

/// The type itself if rows are whole blocks of it, or the next best.
fn fitting(dtype: DType, cols: usize) -> DType {
    let fits = |dtype: DType| cols.is_multiple_of(dtype.block_elems());
    let next = match dtype {
        dtype if fits(dtype) => return dtype,
        DType::Q4_K => DType::Q5_0,
        DType::Q5_K => DType::Q5_1,
        DType::Q6_K => DType::Q8_0,
        _ => DType::F16,
    };
    if fits(next) { next } else { DType::F16 }
}

/// The number in `blk.N.`.
fn layer_of(name: &str) -> Option<usize> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}
