//! The shapes that can be made: those of published models, as their `config.json` files give them.

use super::families::Family;

/// The numbers of a published model.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// What people call it.
    pub(super) name: &'static str,
    /// `general.architecture`.
    pub(super) architecture: &'static str,
    /// Kind of vocabulary, and its entries.
    pub(super) family: Family,
    pub(super) n_vocab: usize,
    pub(super) n_layers: usize,
    pub(super) n_embd: usize,
    pub(super) n_heads: usize,
    pub(super) n_kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) n_ff: usize,
    pub(super) n_ctx: usize,
    pub(super) rope_base: f32,
    pub(super) norm_eps: f32,
    /// Whether the output matrix is that of the embeddings.
    pub(super) tied: bool,
    pub(super) extra: Extra,
}

/// What only some architectures have.
#[derive(Clone, Debug)]
pub(super) enum Extra {
    None,
    /// Llama-3's scaling of rotary positions, by this factor.
    RopeFactors(f32),
    /// LongRoPE, beyond this context.
    LongRope(usize),
    /// Layers that look at so many tokens; positions of the others scaled by a factor.
    Window {
        tokens: usize,
        factor: f32,
    },
    /// A mixture of experts with MLPs of width `n_ff`.
    Experts {
        count: usize,
        used: usize,
        n_ff: usize,
    },
    /// Convolutions, but for these layers.
    Convolutions(&'static [usize]),
    /// Gated delta nets with heads of this width, but for every fourth layer.
    DeltaNet {
        k_heads: usize,
        v_heads: usize,
        width: usize,
    },
    /// Granite's factors: of embeddings, branches, attention scores and logits.
    Factors([f32; 4]),
    /// Linear layers after pooling, of this width between them.
    Dense(usize),
}

/// Columns of the table: name, architecture, vocabulary and its entries; layers, width, heads, key and value heads,
/// width of a head, width of the MLP, context; base of rotary positions, epsilon of norms, tied, extras.
macro_rules! shapes {
    ($($name:literal $arch:literal $family:ident $n_vocab:literal; $n_layers:literal $n_embd:literal $n_heads:literal
        $n_kv_heads:literal $head_dim:literal $n_ff:literal $n_ctx:literal; $base:literal $eps:literal $tied:literal
        $extra:expr,)*) => {
        /// Every shape that this version knows.
        pub(super) const SHAPES: &[Shape] = &[$(Shape {
            name: $name, architecture: $arch, family: Family::$family, n_vocab: $n_vocab, n_layers: $n_layers,
            n_embd: $n_embd, n_heads: $n_heads, n_kv_heads: $n_kv_heads, head_dim: $head_dim, n_ff: $n_ff,
            n_ctx: $n_ctx, rope_base: $base, norm_eps: $eps, tied: $tied, extra: $extra,
        },)*];
    };
}

const LFM2_ATTENTION: Extra = Extra::Convolutions(&[2, 5, 8, 10, 12, 14]);
const QWEN35: Extra = Extra::DeltaNet {
    k_heads: 16,
    v_heads: 32,
    width: 128,
};

const fn window(tokens: usize, factor: f32) -> Extra {
    Extra::Window { tokens, factor }
}

const fn experts(count: usize, used: usize, n_ff: usize) -> Extra {
    Extra::Experts { count, used, n_ff }
}

shapes! {
    "qwen3-0.6b" "qwen3" Qwen 151936; 28 1024 16 8 128 3072 40960; 1e6 1e-6 true Extra::None,
    "qwen3-1.7b" "qwen3" Qwen 151936; 28 2048 16 8 128 6144 40960; 1e6 1e-6 true Extra::None,
    "qwen3-4b" "qwen3" Qwen 151936; 36 2560 32 8 128 9728 40960; 1e6 1e-6 true Extra::None,
    "qwen3-8b" "qwen3" Qwen 151936; 36 4096 32 8 128 12288 40960; 1e6 1e-6 false Extra::None,
    "qwen3-14b" "qwen3" Qwen 151936; 40 5120 40 8 128 17408 40960; 1e6 1e-6 false Extra::None,
    "qwen3-32b" "qwen3" Qwen 151936; 64 5120 64 8 128 25600 40960; 1e6 1e-6 false Extra::None,
    "qwen3-30b-a3b" "qwen3moe" Qwen 151936; 48 2048 32 4 128 6144 40960; 1e6 1e-6 false experts(128, 8, 768),
    "qwen2.5-0.5b" "qwen2" Qwen 151936; 24 896 14 2 64 4864 32768; 1e6 1e-6 true Extra::None,
    "qwen2.5-1.5b" "qwen2" Qwen 151936; 28 1536 12 2 128 8960 32768; 1e6 1e-6 true Extra::None,
    "qwen2.5-3b" "qwen2" Qwen 151936; 36 2048 16 2 128 11008 32768; 1e6 1e-6 true Extra::None,
    "qwen2.5-7b" "qwen2" Qwen 152064; 28 3584 28 4 128 18944 32768; 1e6 1e-6 false Extra::None,
    "qwen3.5-4b" "qwen35" Qwen35 248320; 32 2560 16 4 256 9216 262144; 1e7 1e-6 true QWEN35,
    "qwen3.5-9b" "qwen35" Qwen35 248320; 32 4096 16 4 256 12288 262144; 1e7 1e-6 false QWEN35,
    "tinyllama-1.1b" "llama" Llama 32000; 22 2048 32 4 64 5632 2048; 1e4 1e-5 false Extra::None,
    "llama-3.2-1b" "llama" Llama3 128256; 16 2048 32 8 64 8192 131072; 5e5 1e-5 true Extra::RopeFactors(32.0),
    "llama-3.2-3b" "llama" Llama3 128256; 28 3072 24 8 128 8192 131072; 5e5 1e-5 true Extra::RopeFactors(32.0),
    "llama-3-8b" "llama" Llama3 128256; 32 4096 32 8 128 14336 8192; 5e5 1e-5 false Extra::None,
    "llama-3.1-8b" "llama" Llama3 128256; 32 4096 32 8 128 14336 131072; 5e5 1e-5 false Extra::RopeFactors(8.0),
    "gemma-3-270m" "gemma3" Gemma 262144; 18 640 4 1 256 2048 32768; 1e6 1e-6 true window(512, 1.0),
    "gemma-3-1b" "gemma3" Gemma 262144; 26 1152 4 1 256 6912 32768; 1e6 1e-6 true window(512, 1.0),
    "gemma-3-4b" "gemma3" Gemma 262208; 34 2560 8 4 256 10240 131072; 1e6 1e-6 true window(1024, 8.0),
    "lfm2-350m" "lfm2" Lfm2 65536; 16 1024 16 8 64 4608 128000; 1e6 1e-5 true LFM2_ATTENTION,
    "lfm2-700m" "lfm2" Lfm2 65536; 16 1536 24 8 64 6912 128000; 1e6 1e-5 true LFM2_ATTENTION,
    "lfm2-1.2b" "lfm2" Lfm2 65536; 16 2048 32 8 64 8192 128000; 1e6 1e-5 true LFM2_ATTENTION,
    "smollm2-135m" "llama" SmolLm 49152; 30 576 9 3 64 1536 8192; 1e5 1e-5 true Extra::None,
    "smollm2-360m" "llama" SmolLm 49152; 32 960 15 5 64 2560 8192; 1e5 1e-5 true Extra::None,
    "smollm3-3b" "smollm3" SmolLm3 128256; 36 2048 16 4 128 11008 65536; 5e6 1e-6 true Extra::None,
    "phi-3.5-mini" "phi3" Phi3 32064; 32 3072 32 32 96 8192 131072; 1e4 1e-5 false Extra::LongRope(4096),
    "granite-3.3-2b" "granite" Granite 49159; 40 2048 32 8 64 8192 131072; 1e7 1e-5 true
        Extra::Factors([12.0, 0.22, 0.015625, 8.0]),
    "gpt-oss-20b" "gpt-oss" GptOss 201088; 24 2880 64 8 64 2880 131072; 1.5e5 1e-5 false experts(32, 4, 2880),
    "minilm-l6" "bert" Bert 30522; 6 384 12 12 32 1536 512; 1e4 1e-12 true Extra::None,
    "embeddinggemma-300m" "gemma-embedding" Gemma 262144; 24 768 3 1 256 1152 2048; 1e6 1e-6 true Extra::Dense(3072),
}
