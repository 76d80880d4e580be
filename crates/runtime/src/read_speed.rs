//! How fast models will answer here, found out without one: made-up weights are loaded as a model's are, and some tokens computed.
//!
//! A token costs a reading of all weights, so bytes of weights per second tell what to expect of a model of any size. The made-up
//! model has the layers of one with a few billion weights, in the type that most people download, and is larger than caches.

use hearth_gguf::{GgufWriter, ReadAt, ReadError, WriteError};
use hearth_tensor::{DType, Shape};
use web_time::Instant;

use crate::device::Hardware;
use crate::engine::{SequenceId, StepToken};
use crate::error::RuntimeError;
use crate::load::{LoadOptions, Loader};

const WIDTH: usize = 2048;
const FEED_FORWARD: usize = 8192;
const HEADS: usize = 16;
const KV_HEADS: usize = 8;
const HEAD_DIM: usize = WIDTH / HEADS;
const VOCABULARY: usize = 512;
/// Together about 130 MB.
const LAYERS: usize = 4;
const WEIGHTS: DType = DType::Q4_K;
const CONTEXT: usize = 64;
/// Tokens before time is taken, and after: of these the median counts.
const WARM_UP_TOKENS: usize = 3;
const TIMED_TOKENS: usize = 15;

/// Bytes of weights that this hardware reads per second while a model writes. It takes a second or so, and about 200 MB of
/// memory, which are given back. On a GPU each token waits for the one before here, so there it is the least to expect.
pub async fn measure(hardware: impl Into<Hardware>) -> Result<f64, RuntimeError> {
    measure_layers(hardware, LAYERS).await
}

async fn measure_layers(hardware: impl Into<Hardware>, layers: usize) -> Result<f64, RuntimeError> {
    let options = LoadOptions {
        context: Some(CONTEXT),
        ..LoadOptions::default()
    };
    let file = MadeUp::new(layers).expect("the made-up model has no name twice");
    let mut loader = Loader::open(vec![Box::new(file)], options, hardware)?;
    while loader.step().await? {}
    let bytes = loader.progress().total_bytes;
    let mut engine = loader.finish().await?;
    let token = StepToken {
        id: 1,
        sequence: SequenceId(0),
    };
    let mut seconds = Vec::with_capacity(TIMED_TOKENS);
    for at in 0..WARM_UP_TOKENS + TIMED_TOKENS {
        let started = Instant::now();
        engine.step(&[token], &[0]).await?;
        if at >= WARM_UP_TOKENS {
            seconds.push(started.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(bytes as f64 / seconds[TIMED_TOKENS / 2].max(1e-9))
}

/// The made-up model as a file, whose weights are made when they are read.
struct MadeUp {
    header: Vec<u8>,
    /// Where each tensor begins behind the header, and what it repeats.
    tensors: Vec<(u64, &'static [u8])>,
    size_bytes: u64,
}

/// A block of weights around zero, and numbers of one.
const BLOCK: [u8; WEIGHTS.block_bytes()] = block();
const ONE: [u8; 4] = 1.0_f32.to_le_bytes();

/// A small scale and a small minimum, both 2^-10, then codes that look like chance.
const fn block() -> [u8; WEIGHTS.block_bytes()] {
    let mut bytes = [0; WEIGHTS.block_bytes()];
    let mut at = 4;
    let mut state = 1_u32;
    while at < bytes.len() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes[at] = (state >> 24) as u8;
        at += 1;
    }
    bytes[1] = 0x14;
    bytes[3] = 0x14;
    bytes
}

impl MadeUp {
    fn new(layers: usize) -> Result<Self, WriteError> {
        let mut writer = GgufWriter::new();
        writer.metadata("general.architecture", "llama")?;
        for (key, value) in [
            ("context_length", CONTEXT),
            ("embedding_length", WIDTH),
            ("feed_forward_length", FEED_FORWARD),
            ("block_count", layers),
            ("attention.head_count", HEADS),
            ("attention.head_count_kv", KV_HEADS),
            ("vocab_size", VOCABULARY),
        ] {
            writer.metadata(&format!("llama.{key}"), value as u32)?;
        }
        writer.metadata("llama.attention.layer_norm_rms_epsilon", 1e-5_f32)?;
        let names = directory(layers);
        for (name, rows, cols) in &names {
            match rows {
                Some(rows) => writer.tensor(name, WEIGHTS, &Shape::new(vec![*rows, *cols]))?,
                None => writer.tensor(name, DType::F32, &Shape::new(vec![*cols]))?,
            }
        }
        let sizes: Vec<u64> = writer.tensor_sizes().collect();
        let mut header = Vec::new();
        writer.begin(&mut header)?;
        let mut size_bytes = header.len() as u64;
        let mut tensors = Vec::with_capacity(names.len());
        for ((_, rows, _), bytes) in names.iter().zip(sizes) {
            let repeated: &[u8] = if rows.is_some() { &BLOCK } else { &ONE };
            tensors.push((size_bytes, repeated));
            // All sizes are multiples of the alignment.
            size_bytes += bytes;
        }
        Ok(MadeUp {
            header,
            tensors,
            size_bytes,
        })
    }

    /// What is repeated at `offset`, where it began, and where it ends.
    fn region(&self, offset: u64) -> (u64, &[u8], u64) {
        let next = self.tensors.partition_point(|(start, _)| *start <= offset);
        let end = self
            .tensors
            .get(next)
            .map_or(self.size_bytes, |(start, _)| *start);
        match next.checked_sub(1).map(|at| self.tensors[at]) {
            Some((start, repeated)) => (start, repeated, end),
            None => (0, &self.header, end),
        }
    }
}

impl ReadAt for MadeUp {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_exact_at(&self, mut offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let mut into = into;
        while !into.is_empty() {
            let (start, repeated, end) = self.region(offset);
            let within = (offset - start) as usize % repeated.len();
            let most = (end - offset).min((repeated.len() - within) as u64) as usize;
            let (now, rest) = into.split_at_mut(most.min(into.len()));
            now.copy_from_slice(&repeated[within..within + now.len()]);
            offset += now.len() as u64;
            into = rest;
        }
        Ok(())
    }
}

/// Names of the tensors, with rows and columns; vectors have no rows.
fn directory(layers: usize) -> Vec<(String, Option<usize>, usize)> {
    let mut found = vec![
        ("token_embd.weight".to_owned(), Some(VOCABULARY), WIDTH),
        ("output_norm.weight".to_owned(), None, WIDTH),
    ];
    for layer in 0..layers {
        found.extend(
            [
                ("attn_norm", None, WIDTH),
                ("attn_q", Some(WIDTH), WIDTH),
                ("attn_k", Some(KV_HEADS * HEAD_DIM), WIDTH),
                ("attn_v", Some(KV_HEADS * HEAD_DIM), WIDTH),
                ("attn_output", Some(WIDTH), WIDTH),
                ("ffn_norm", None, WIDTH),
                ("ffn_gate", Some(FEED_FORWARD), WIDTH),
                ("ffn_up", Some(FEED_FORWARD), WIDTH),
                ("ffn_down", Some(WIDTH), FEED_FORWARD),
            ]
            .map(|(name, rows, cols)| (format!("blk.{layer}.{name}.weight"), rows, cols)),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use hearth_cpu::Pool;
    use pollster::block_on;

    use super::*;

    #[test]
    fn the_made_up_model_is_a_model_and_its_speed_is_a_number() {
        let speed = block_on(measure_layers(Pool::single(), 1)).expect("it loads and computes");
        assert!(speed.is_finite() && speed > 1e6, "{speed}");
    }

    #[test]
    fn a_file_reads_alike_in_any_pieces() {
        let file = MadeUp::new(1).expect("a file");
        let from = file.header.len() as u64 - 10;
        let mut whole = vec![0; 1_000_000];
        file.read_exact_at(from, &mut whole).expect("a reading");
        assert_eq!(&whole[..10], &file.header[file.header.len() - 10..]);
        assert_eq!(&whole[10..10 + BLOCK.len()], &BLOCK);
        let mut pieces = vec![0; whole.len()];
        for (at, piece) in pieces.chunks_mut(977).enumerate() {
            file.read_exact_at(from + 977 * at as u64, piece)
                .expect("a reading");
        }
        assert!(pieces == whole);
    }
}
