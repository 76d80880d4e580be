//! The metadata of a shape: what the architecture's description in a GGUF file needs.

use hearth_runtime::gguf::{Array, Value};

use super::shapes::{Extra, Shape};

/// Keys that begin with the architecture's name, without it.
pub(super) fn hyperparameters(shape: &Shape) -> Vec<(&'static str, Value)> {
    let mut keys = vec![
        ("block_count", count(shape.n_layers)),
        ("context_length", count(shape.n_ctx)),
        ("embedding_length", count(shape.n_embd)),
        ("feed_forward_length", count(shape.n_ff)),
        ("vocab_size", count(shape.n_vocab)),
        ("attention.head_count", count(shape.n_heads)),
    ];
    if shape.architecture == "bert" {
        keys.push(("attention.layer_norm_epsilon", shape.norm_eps.into()));
        keys.push(("attention.causal", false.into()));
        keys.push(("pooling_type", 1u32.into()));
        return keys;
    }
    keys.push(("attention.head_count_kv", kv_heads(shape)));
    keys.push(("attention.layer_norm_rms_epsilon", shape.norm_eps.into()));
    keys.push(("rope.freq_base", shape.rope_base.into()));
    if shape.n_embd != shape.n_heads * shape.head_dim {
        keys.push(("attention.key_length", count(shape.head_dim)));
        keys.push(("attention.value_length", count(shape.head_dim)));
    }
    if ["llama", "granite", "phi3", "smollm3"].contains(&shape.architecture) {
        keys.push(("rope.dimension_count", count(shape.head_dim)));
    }
    keys.extend(of_architecture(shape));
    keys.extend(of_extra(shape));
    keys
}

fn count(n: usize) -> Value {
    u32::try_from(n).unwrap_or(u32::MAX).into()
}

/// One number, or one per layer where some have no attention.
fn kv_heads(shape: &Shape) -> Value {
    let Extra::Convolutions(attention) = shape.extra else {
        return count(shape.n_kv_heads);
    };
    let heads = |layer| {
        if attention.contains(&layer) {
            i32::try_from(shape.n_kv_heads).unwrap_or(i32::MAX)
        } else {
            0
        }
    };
    let heads: Vec<i32> = (0..shape.n_layers).map(heads).collect();
    Array::from(heads).into()
}

fn of_architecture(shape: &Shape) -> Vec<(&'static str, Value)> {
    match shape.architecture {
        "gemma-embedding" => vec![
            ("attention.sliding_window", 512u32.into()),
            ("rope.freq_base_swa", 1e4f32.into()),
            ("pooling_type", 1u32.into()),
        ],
        "gemma3" => vec![("rope.freq_base_swa", 1e4f32.into())],
        "gpt-oss" => vec![
            ("attention.sliding_window", 128u32.into()),
            ("rope.scaling.type", "yarn".into()),
            ("rope.scaling.factor", 32f32.into()),
            ("rope.scaling.original_context_length", 4096u32.into()),
            ("rope.scaling.yarn_beta_fast", 32f32.into()),
            ("rope.scaling.yarn_beta_slow", 1f32.into()),
        ],
        "lfm2" => vec![("shortconv.l_cache", 3u32.into())],
        _ => Vec::new(),
    }
}

fn of_extra(shape: &Shape) -> Vec<(&'static str, Value)> {
    match shape.extra {
        Extra::None | Extra::RopeFactors(_) | Extra::Convolutions(_) => Vec::new(),
        Extra::LongRope(n_ctx) => {
            let stretch = (shape.n_ctx as f32).ln() / (n_ctx as f32).ln() - 1.0;
            let magnitude = (1.0 + stretch).sqrt();
            vec![
                ("rope.scaling.original_context_length", count(n_ctx)),
                ("rope.scaling.attn_factor", magnitude.into()),
            ]
        }
        Extra::Window { tokens, factor } => {
            let mut keys = vec![("attention.sliding_window", count(tokens))];
            if factor != 1.0 {
                keys.push(("rope.scaling.type", "linear".into()));
                keys.push(("rope.scaling.factor", factor.into()));
            }
            keys
        }
        Extra::Experts {
            count: n,
            used,
            n_ff,
        } => vec![
            ("expert_count", count(n)),
            ("expert_used_count", count(used)),
            ("expert_feed_forward_length", count(n_ff)),
        ],
        Extra::DeltaNet {
            k_heads,
            v_heads,
            width,
        } => {
            let sections = Array::from(vec![11i32, 11, 10, 0]);
            vec![
                ("rope.dimension_sections", sections.into()),
                ("rope.dimension_count", count(shape.head_dim / 4)),
                ("full_attention_interval", 4u32.into()),
                ("ssm.conv_kernel", 4u32.into()),
                ("ssm.state_size", count(width)),
                ("ssm.group_count", count(k_heads)),
                ("ssm.time_step_rank", count(v_heads)),
                ("ssm.inner_size", count(v_heads * width)),
            ]
        }
        Extra::Factors([embedding, residual, attention, logit]) => vec![
            ("embedding_scale", embedding.into()),
            ("residual_scale", residual.into()),
            ("attention.scale", attention.into()),
            ("logit_scale", logit.into()),
        ],
        Extra::Dense(width) => vec![
            ("dense_2_feat_in", count(shape.n_embd)),
            ("dense_2_feat_out", count(width)),
            ("dense_3_feat_in", count(width)),
            ("dense_3_feat_out", count(shape.n_embd)),
        ],
    }
}
