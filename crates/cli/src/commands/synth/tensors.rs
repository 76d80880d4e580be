//! The tensors of a shape: names and dimensions as its architecture's files have them, and what the numbers are like.

use super::rotary;
use super::shapes::{Extra, Shape};

/// Layers from one with attention to the next in Qwen 3.5.
const ATTENTION_INTERVAL: usize = 4;
/// Tokens of a convolution in Qwen 3.5, and in LFM2.
const QWEN35_TAPS: usize = 4;
const LFM2_TAPS: usize = 3;

/// A tensor to be made.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// Outermost dimension first.
    pub(super) dims: Vec<usize>,
    pub(super) numbers: Numbers,
}

/// What a tensor's numbers are like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    /// Bell-shaped around a number, with this spread.
    Around { mean: f32, std: f32 },
    /// Just these.
    Given(Vec<f32>),
}

const NORM: Numbers = Numbers::Around {
    mean: 1.0,
    std: 0.1,
};
const BIAS: Numbers = Numbers::Around {
    mean: 0.0,
    std: 0.02,
};

/// Keeps the size of what passes through, but not below what training starts from: scales of blocks stay normal numbers.
fn weights(n_in: usize) -> Numbers {
    Numbers::Around {
        mean: 0.0,
        std: (1.0 / (n_in as f32).sqrt()).max(0.02),
    }
}

/// All tensors, in the order in which they are written.
pub(super) fn tensors(shape: &Shape) -> Vec<Tensor> {
    let mut list = List {
        shape,
        layer: None,
        tensors: Vec::new(),
    };
    list.matrix("token_embd", shape.n_vocab, shape.n_embd);
    if !shape.tied {
        list.matrix("output", shape.n_vocab, shape.n_embd);
    }
    match shape.architecture {
        "bert" => list.bert_inputs(),
        "lfm2" => list.norm("token_embd_norm", shape.n_embd),
        _ => list.norm("output_norm", shape.n_embd),
    }
    for (name, factors) in rotary::factors(shape) {
        list.add(name, &[factors.len()], Numbers::Given(factors));
    }
    if let Extra::Dense(width) = shape.extra {
        list.matrix("dense_2", width, shape.n_embd);
        list.matrix("dense_3", shape.n_embd, width);
    }
    for layer in 0..shape.n_layers {
        list.layer = Some(layer);
        match shape.architecture {
            "bert" => list.bert_block(),
            _ => list.block(layer),
        }
    }
    list.tensors
}

struct List<'s> {
    shape: &'s Shape,
    layer: Option<usize>,
    tensors: Vec<Tensor>,
}

impl List<'_> {
    fn add(&mut self, name: &str, dims: &[usize], numbers: Numbers) {
        let name = match self.layer {
            Some(layer) => format!("blk.{layer}.{name}"),
            None => name.to_owned(),
        };
        self.tensors.push(Tensor {
            name,
            dims: dims.to_vec(),
            numbers,
        });
    }

    fn matrix(&mut self, name: &str, n_out: usize, n_in: usize) {
        self.add(&format!("{name}.weight"), &[n_out, n_in], weights(n_in));
    }

    fn norm(&mut self, name: &str, n: usize) {
        self.add(&format!("{name}.weight"), &[n], NORM);
    }

    fn bias(&mut self, name: &str, n: usize) {
        self.add(&format!("{name}.bias"), &[n], BIAS);
    }

    fn biased(&mut self, name: &str, n_out: usize, n_in: usize) {
        self.matrix(name, n_out, n_in);
        self.bias(name, n_out);
    }

    /// A block of the kind that Llama has, with what its kin add.
    fn block(&mut self, layer: usize) {
        let (architecture, d) = (self.shape.architecture, self.shape.n_embd);
        self.norm("attn_norm", d);
        match self.shape.extra {
            Extra::Convolutions(attention) if !attention.contains(&layer) => {
                self.matrix("shortconv.in_proj", 3 * d, d);
                self.matrix("shortconv.out_proj", d, d);
                self.taps("shortconv.conv", d, LFM2_TAPS);
            }
            Extra::DeltaNet { .. } if !(layer + 1).is_multiple_of(ATTENTION_INTERVAL) => {
                self.delta_net()
            }
            _ => self.attention(),
        }
        if architecture.starts_with("gemma") {
            self.norm("post_attention_norm", d);
            self.norm("post_ffw_norm", d);
        }
        // Where the branch has no norm after it, some files use that one's name for the next.
        let before_mlp = match architecture {
            "gpt-oss" | "qwen35" => "post_attention_norm",
            _ => "ffn_norm",
        };
        self.norm(before_mlp, d);
        self.mlp();
    }

    fn attention(&mut self) {
        let &Shape {
            architecture,
            n_embd: d,
            n_heads,
            n_kv_heads,
            head_dim,
            ..
        } = self.shape;
        let (q, kv) = (n_heads * head_dim, n_kv_heads * head_dim);
        match architecture {
            "phi3" => self.matrix("attn_qkv", q + 2 * kv, d),
            _ => {
                // Qwen 3.5 has a gate beside each query.
                let gates = if architecture == "qwen35" { q } else { 0 };
                self.matrix("attn_q", q + gates, d);
                self.matrix("attn_k", kv, d);
                self.matrix("attn_v", kv, d);
            }
        }
        self.matrix("attn_output", d, q);
        if ["qwen2", "gpt-oss"].contains(&architecture) {
            self.bias("attn_q", q);
            self.bias("attn_k", kv);
            self.bias("attn_v", kv);
        }
        if architecture == "gpt-oss" {
            self.bias("attn_output", d);
            let sinks = Numbers::Around {
                mean: 0.0,
                std: 1.0,
            };
            self.add("attn_sinks.weight", &[n_heads], sinks);
        }
        let normed = [
            "qwen3",
            "qwen3moe",
            "gemma3",
            "gemma-embedding",
            "lfm2",
            "qwen35",
        ];
        if normed.contains(&architecture) {
            self.norm("attn_q_norm", head_dim);
            self.norm("attn_k_norm", head_dim);
        }
    }

    fn mlp(&mut self) {
        let &Shape {
            architecture,
            n_embd: d,
            n_ff,
            ref extra,
            ..
        } = self.shape;
        match *extra {
            Extra::Experts { count, n_ff, .. } => self.experts(count, n_ff),
            _ if architecture == "phi3" => {
                self.matrix("ffn_up", 2 * n_ff, d);
                self.matrix("ffn_down", d, n_ff);
            }
            _ => {
                self.matrix("ffn_gate", n_ff, d);
                self.matrix("ffn_up", n_ff, d);
                self.matrix("ffn_down", d, n_ff);
            }
        }
    }

    fn experts(&mut self, count: usize, n_ff: usize) {
        let d = self.shape.n_embd;
        let has_biases = self.shape.architecture == "gpt-oss";
        self.matrix("ffn_gate_inp", count, d);
        if has_biases {
            self.bias("ffn_gate_inp", count);
        }
        let parts = [
            ("ffn_gate_exps", n_ff, d),
            ("ffn_up_exps", n_ff, d),
            ("ffn_down_exps", d, n_ff),
        ];
        for (name, n_out, n_in) in parts {
            let dims = [count, n_out, n_in];
            self.add(&format!("{name}.weight"), &dims, weights(n_in));
            if has_biases {
                self.add(&format!("{name}.bias"), &dims[..2], BIAS);
            }
        }
    }

    fn delta_net(&mut self) {
        let &Shape {
            n_embd: d,
            ref extra,
            ..
        } = self.shape;
        let Extra::DeltaNet {
            k_heads,
            v_heads,
            width,
        } = *extra
        else {
            return;
        };
        let values = v_heads * width;
        let channels = 2 * k_heads * width + values;
        self.matrix("attn_qkv", channels, d);
        self.matrix("attn_gate", values, d);
        self.matrix("ssm_alpha", v_heads, d);
        self.matrix("ssm_beta", v_heads, d);
        self.matrix("ssm_out", d, values);
        self.norm("ssm_norm", width);
        self.taps("ssm_conv1d", channels, QWEN35_TAPS);
        // Decays between slow and fast, and steps around a hundredth, as training starts.
        let rates = (0..v_heads).map(|head| -1.0 - 15.0 * head as f32 / v_heads as f32);
        self.add("ssm_a", &[v_heads], Numbers::Given(rates.collect()));
        let steps = Numbers::Around {
            mean: -4.0,
            std: 1.0,
        };
        self.add("ssm_dt.bias", &[v_heads], steps);
    }

    /// The taps of a convolution for each channel.
    fn taps(&mut self, name: &str, channels: usize, taps: usize) {
        self.add(&format!("{name}.weight"), &[channels, taps], weights(taps));
    }

    fn bert_inputs(&mut self) {
        let &Shape {
            n_embd: d, n_ctx, ..
        } = self.shape;
        self.matrix("position_embd", n_ctx, d);
        self.matrix("token_types", 2, d);
        self.norm("token_embd_norm", d);
        self.bias("token_embd_norm", d);
    }

    fn bert_block(&mut self) {
        let &Shape {
            n_embd: d, n_ff, ..
        } = self.shape;
        for name in ["attn_q", "attn_k", "attn_v", "attn_output"] {
            self.biased(name, d, d);
        }
        self.biased("ffn_up", n_ff, d);
        self.biased("ffn_down", d, n_ff);
        for name in ["attn_output_norm", "layer_output_norm"] {
            self.norm(name, d);
            self.bias(name, d);
        }
    }
}
