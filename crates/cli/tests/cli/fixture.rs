//! Small models made up for tests: valid files of architecture `llama` with arbitrary weights and a byte vocabulary.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hearth_runtime::gguf::{Array, GgufWriter, Strings, Value};
use hearth_runtime::{DType, Shape};
use tempfile::TempDir;

/// Entries of the vocabulary: three special ones, all bytes, and some pieces of text.
pub(crate) const N_VOCAB: usize = 3 + 256 + PIECES.len();
const PIECES: &[&str] = &["▁", "e", "a", "n", "t", "he", "▁t", "▁the", "an", "▁a"];

/// A template that any model follows.
pub(crate) const TEMPLATE: &str = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

/// What a model is like.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) architecture: &'static str,
    pub(crate) n_layers: usize,
    pub(crate) n_embd: usize,
    pub(crate) n_ff: usize,
    pub(crate) n_heads: usize,
    pub(crate) n_kv_heads: usize,
    pub(crate) context: u32,
    pub(crate) n_vocab: usize,
    /// Of all matrices.
    pub(crate) dtype: DType,
    pub(crate) template: Option<&'static str>,
    /// `pooling_type`, which makes an embedding model of it.
    pub(crate) pooling: Option<u32>,
    /// A tensor that is left out.
    pub(crate) without: Option<&'static str>,
    pub(crate) has_tensors: bool,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            architecture: "llama",
            n_layers: 2,
            n_embd: 64,
            n_ff: 128,
            n_heads: 4,
            n_kv_heads: 2,
            context: 64,
            n_vocab: N_VOCAB,
            dtype: DType::F32,
            template: None,
            pooling: None,
            without: None,
            has_tensors: true,
        }
    }
}

impl Model {
    /// Write the model to `folder/name`.
    pub(crate) fn write(&self, folder: &TempDir, name: &str) -> PathBuf {
        let path = folder.path().join(name);
        self.write_to(&path);
        path
    }

    /// Write the same model in two parts, and give the path of the second.
    pub(crate) fn write_parts(&self, folder: &TempDir, name: &str) -> PathBuf {
        let path = |n| folder.path().join(format!("{name}-0000{n}-of-00002.gguf"));
        let all = self.tensors();
        for (number, tensors) in [(0, &all[..5]), (1, &all[5..])] {
            let split = [
                ("split.no", Value::U16(number)),
                ("split.count", Value::U16(2)),
                (
                    "split.tensors.count",
                    Value::I32(i32::try_from(all.len()).expect("few")),
                ),
            ];
            self.write_tensors(&path(number + 1), tensors, &split);
        }
        path(2)
    }

    fn write_to(&self, path: &Path) {
        self.write_tensors(path, &self.tensors(), &[]);
    }

    fn write_tensors(&self, path: &Path, tensors: &[(String, Vec<usize>)], keys: &[(&str, Value)]) {
        let mut writer = GgufWriter::new();
        self.hyperparameters(&mut writer);
        self.vocabulary(&mut writer);
        for (key, value) in keys {
            writer
                .metadata(key, value.clone())
                .expect("keys are distinct");
        }
        let dtype = |dims: &[usize]| {
            if dims.len() == 1 {
                DType::F32
            } else {
                self.dtype
            }
        };
        for (name, dims) in tensors {
            let shape = Shape::new(dims.clone());
            writer
                .tensor(name, dtype(dims), &shape)
                .expect("shapes are valid");
        }
        let sizes: Vec<u64> = writer.tensor_sizes().collect();
        let file = BufWriter::new(File::create(path).expect("the folder can be written"));
        let mut body = writer.begin(file).expect("the header can be written");
        for ((name, dims), bytes) in tensors.iter().zip(sizes) {
            let mut random = Random::of(name);
            for piece in pieces(dtype(dims), bytes, dims.len() == 1, &mut random) {
                body.append(&piece).expect("the file can be written");
            }
        }
        body.finish().expect("all tensors are written");
    }

    fn hyperparameters(&self, writer: &mut GgufWriter) {
        let a = self.architecture;
        writer.metadata("general.architecture", a).expect("new key");
        writer.metadata("general.name", "a test").expect("new key");
        let counts = [
            ("context_length", self.context as usize),
            ("embedding_length", self.n_embd),
            ("block_count", self.n_layers),
            ("feed_forward_length", self.n_ff),
            ("attention.head_count", self.n_heads),
            ("attention.head_count_kv", self.n_kv_heads),
        ];
        for (key, n) in counts {
            let n = u32::try_from(n).expect("small");
            writer.metadata(&format!("{a}.{key}"), n).expect("new key");
        }
        let eps = format!("{a}.attention.layer_norm_rms_epsilon");
        writer.metadata(&eps, 1e-5f32).expect("new key");
        if let Some(pooling) = self.pooling {
            let key = format!("{a}.pooling_type");
            writer.metadata(&key, pooling).expect("new key");
        }
    }

    fn vocabulary(&self, writer: &mut GgufWriter) {
        let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(String::from).into();
        tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
        tokens.extend(PIECES.iter().map(|piece| (*piece).to_owned()));
        tokens.extend((tokens.len()..self.n_vocab).map(|i| format!("unused{i}")));
        let types: Vec<i32> = (0..tokens.len())
            .map(|i| match i {
                0 => 2,
                1 | 2 => 3,
                3..259 => 6,
                _ => 1,
            })
            .collect();
        let scores: Vec<f32> = (0..tokens.len()).map(|i| -(i as f32)).collect();
        let strings: Strings = tokens.iter().map(String::as_bytes).collect();
        let entries: [(&str, Value); 6] = [
            ("model", "llama".into()),
            ("tokens", Array::from(strings).into()),
            ("scores", Array::from(scores).into()),
            ("token_type", Array::from(types).into()),
            ("bos_token_id", 1u32.into()),
            ("eos_token_id", 2u32.into()),
        ];
        for (key, value) in entries {
            writer
                .metadata(&format!("tokenizer.ggml.{key}"), value)
                .expect("new key");
        }
        if let Some(template) = self.template {
            writer
                .metadata("tokenizer.chat_template", template)
                .expect("new key");
        }
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        if !self.has_tensors {
            return Vec::new();
        }
        let (d, ff) = (self.n_embd, self.n_ff);
        let kv = d / self.n_heads * self.n_kv_heads;
        let mut tensors = vec![
            ("token_embd.weight".to_owned(), vec![self.n_vocab, d]),
            ("output_norm.weight".to_owned(), vec![d]),
        ];
        for layer in 0..self.n_layers {
            let of_layer = [
                ("attn_norm", vec![d]),
                ("attn_q", vec![d, d]),
                ("attn_k", vec![kv, d]),
                ("attn_v", vec![kv, d]),
                ("attn_output", vec![d, d]),
                ("ffn_norm", vec![d]),
                ("ffn_gate", vec![ff, d]),
                ("ffn_up", vec![ff, d]),
                ("ffn_down", vec![d, ff]),
            ];
            for (name, dims) in of_layer {
                tensors.push((format!("blk.{layer}.{name}.weight"), dims));
            }
        }
        tensors.retain(|(name, _)| Some(name.as_str()) != self.without);
        tensors
    }
}

/// Data of a tensor: ones for a norm, else small values around zero.
fn pieces(dtype: DType, bytes: u64, is_norm: bool, random: &mut Random) -> Vec<Vec<u8>> {
    const PIECE_BYTES: u64 = 1 << 20;
    let block_bytes = dtype.block_bytes() as u64;
    let blocks = bytes / block_bytes;
    let blocks_at_once = (PIECE_BYTES / block_bytes).clamp(1, blocks);
    let mut piece = Vec::new();
    for _ in 0..blocks_at_once {
        block(dtype, is_norm, random, &mut piece);
    }
    // Large tensors repeat themselves, to be made quickly.
    let mut pieces = vec![piece.clone(); usize::try_from(blocks / blocks_at_once).expect("few")];
    piece.truncate(usize::try_from(blocks % blocks_at_once * block_bytes).expect("short"));
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces
}

/// One block. Quantised ones begin with their scale (Q4_0, Q8_0), or with scale and minimum (Q4_K).
fn block(dtype: DType, is_norm: bool, random: &mut Random, out: &mut Vec<u8>) {
    /// 0.001 as f16, so that sums over a row stay small.
    const SCALE: u16 = 0x1419;
    if dtype == DType::F32 {
        let x = if is_norm {
            1.0
        } else {
            (random.next() % 2001) as f32 / 1e4 - 0.1
        };
        return out.extend(x.to_le_bytes());
    }
    let scales = if dtype == DType::Q4_K { 2 } else { 1 };
    for _ in 0..scales {
        out.extend(SCALE.to_le_bytes());
    }
    for _ in 2 * scales..dtype.block_bytes() {
        out.push(random.next() as u8);
    }
}

/// xorshift64.
struct Random(u64);

impl Random {
    /// The same for the same tensor.
    fn of(name: &str) -> Self {
        let seed = name.bytes().fold(0x9E37_79B9_7F4A_7C15u64, |x, b| {
            (x ^ u64::from(b)).wrapping_mul(0x100_0000_01B3)
        });
        Random(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A folder that vanishes with the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("there is a folder for temporary files")
}
