//! A loaded model: its device, its text side, and the sequences whose cache it keeps.

mod recovery;

use std::sync::Arc;

use hearth_gguf::Gguf;
use hearth_graph::{Bindings, OUTPUTS, TOKENS};
use hearth_models::{BuildOptions, Model, Pooling, RESULT, inputs};
use hearth_simd::Isa;
use serde::Serialize;

use crate::device::Device;
use crate::error::RuntimeError;
use crate::load::LoadOptions;
use crate::memory::MemoryEstimate;
use crate::note::Note;
use crate::vocabulary::Vocabulary;
use recovery::Past;

pub(crate) use recovery::Origin;

/// A place in the KV cache for one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequenceId(pub usize);

/// What a model is and how it runs here.
#[derive(Clone, Debug, Serialize)]
pub struct ModelInfo {
    /// `general.architecture`.
    pub architecture: String,
    /// `general.name`, if the file has one.
    pub name: Option<String>,
    /// Sum of all tensors' elements.
    pub parameters: u64,
    /// Bytes of all tensors in the file.
    pub tensor_bytes: u64,
    /// Transformer blocks.
    pub n_layers: usize,
    /// Entries of the vocabulary.
    pub n_vocab: usize,
    /// How a text becomes an embedding; `None` for models that generate text.
    pub pooling: Option<Pooling>,
    /// Elements of a result: of a row of logits, or of an embedding.
    pub n_result: usize,
    /// Context that the model was trained for, in tokens.
    pub n_ctx_train: usize,
    /// Context that is allocated here, in tokens.
    pub n_ctx: usize,
    /// Element type of the KV cache.
    pub cache_type: String,
    /// The GPU that computes; `None` where the CPU does.
    pub gpu: Option<String>,
    /// Dispatches of a decoded token, where a GPU computes.
    pub gpu_dispatches: Option<usize>,
    /// Instruction set of the kernels on the CPU.
    pub isa: String,
    /// Threads that compute; none where a GPU does.
    pub threads: usize,
    /// Those of them that compute a single token: as many as are fastest, once the model is loaded.
    pub decode_threads: usize,
    /// What it needs.
    pub memory: MemoryEstimate,
    /// Whether the file has a chat template.
    pub has_chat_template: bool,
    /// What is otherwise than asked for, or than it would be with more memory; tell the person.
    pub notes: Vec<Note>,
}

impl ModelInfo {
    pub(crate) fn new(
        gguf: &Gguf,
        model: &Model,
        build: BuildOptions,
        isa: Isa,
        threads: usize,
        memory: MemoryEstimate,
    ) -> Self {
        let hp = &model.hp;
        let elems = |t: &hearth_gguf::TensorInfo| t.shape.elems().unwrap_or(0) as u64;
        ModelInfo {
            architecture: hp.architecture.to_owned(),
            name: gguf
                .metadata()
                .get_str("general.name")
                .ok()
                .map(str::to_owned),
            parameters: gguf.tensors().iter().map(elems).sum(),
            tensor_bytes: gguf.tensors().iter().map(|t| t.bytes).sum(),
            n_layers: hp.n_layers,
            n_ctx_train: hp.n_ctx_train,
            cache_type: build.cache_dtype.name().to_owned(),
            gpu: None,
            gpu_dispatches: None,
            isa: format!("{isa:?}"),
            has_chat_template: gguf.metadata().get("tokenizer.chat_template").is_some(),
            n_vocab: model.n_vocab,
            pooling: hp.pooling,
            n_result: model.n_result,
            n_ctx: build.n_ctx,
            threads,
            decode_threads: threads,
            memory,
            notes: Vec::new(),
        }
    }

    /// Check that so many tokens fit into the context.
    pub(crate) fn check_length(&self, tokens: usize) -> Result<(), RuntimeError> {
        let context = self.n_ctx;
        if tokens <= context {
            return Ok(());
        }
        Err(RuntimeError::PromptTooLong {
            prompt: tokens,
            context,
        })
    }
}

/// One token of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepToken {
    /// Its id.
    pub id: u32,
    /// Whose it is. Its position is the sequence's length so far.
    pub sequence: SequenceId,
}

/// A loaded model.
#[derive(Debug)]
pub struct Engine {
    device: Device,
    vocabulary: Result<Arc<Vocabulary>, Arc<RuntimeError>>,
    info: ModelInfo,
    /// The tokens whose keys and values are in the cache, per sequence.
    sequences: Vec<Vec<u32>>,
    /// How they came there, per sequence.
    pasts: Vec<Past>,
    /// For models with recurrent state: where each sequence can go back to.
    checkpoints: Vec<Option<Checkpoint>>,
    is_recurrent: bool,
    chunk: usize,
    max_outputs: usize,
    load_seconds: f64,
    fingerprint: u64,
    /// Guesses what this model will generate.
    pub(crate) draft: Option<Box<Engine>>,
    batch: Batch,
    /// Where the model comes from, if its device may be lost.
    origin: Option<Origin>,
}

/// The recurrent states of a sequence after so many of its tokens.
#[derive(Clone, Debug)]
struct Checkpoint {
    len: usize,
    states: Vec<u8>,
}

/// What the loader knows when it is done.
pub(crate) struct Loaded {
    pub(crate) device: Device,
    pub(crate) vocabulary: Result<Vocabulary, RuntimeError>,
    pub(crate) info: ModelInfo,
    pub(crate) options: LoadOptions,
    pub(crate) is_recurrent: bool,
    pub(crate) load_seconds: f64,
    pub(crate) fingerprint: u64,
    pub(crate) origin: Option<Origin>,
}

/// The inputs of a step, kept to reuse their memory.
#[derive(Debug, Default)]
struct Batch {
    tokens: Vec<i32>,
    positions: Vec<i32>,
    sequences: Vec<i32>,
    output_rows: Vec<i32>,
}

impl Engine {
    pub(crate) fn new(loaded: Loaded) -> Self {
        let n_sequences = loaded.options.sequences.max(1);
        Engine {
            vocabulary: loaded.vocabulary.map(Arc::new).map_err(Arc::new),
            sequences: vec![Vec::new(); n_sequences],
            pasts: vec![Past::default(); n_sequences],
            checkpoints: vec![None; n_sequences],
            is_recurrent: loaded.is_recurrent,
            batch: Batch::default(),
            device: loaded.device,
            info: loaded.info,
            chunk: loaded.options.chunk,
            max_outputs: loaded.options.max_outputs.clamp(1, loaded.options.chunk),
            load_seconds: loaded.load_seconds,
            fingerprint: loaded.fingerprint,
            draft: None,
            origin: loaded.origin,
        }
    }

    /// What was found out about the GPU, where one computes: for [`crate::Hardware::remember`], so that it need not be found out
    /// again. Keep it between runs; it is JSON.
    pub fn gpu_record(&self) -> Option<String> {
        match &self.device {
            Device::Cpu(_) => None,
            Device::Gpu(gpu) => Some(gpu.gpu().record()),
        }
    }

    /// What the model is and how it runs here.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Seconds from opening the file to the end of loading.
    pub fn load_seconds(&self) -> f64 {
        self.load_seconds
    }

    /// Tokens of a prompt that one step computes.
    pub fn chunk(&self) -> usize {
        self.chunk
    }

    /// Rows of results that one step gives at most.
    pub fn max_outputs(&self) -> usize {
        self.max_outputs
    }

    /// Tokenizer and template of the file, if it has usable ones.
    pub fn vocabulary(&self) -> Result<Arc<Vocabulary>, Arc<RuntimeError>> {
        self.vocabulary.clone()
    }

    /// Where the model runs.
    pub fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The tokens whose keys and values are in the cache.
    pub fn cached(&self, sequence: SequenceId) -> &[u32] {
        self.sequences.get(sequence.0).map_or(&[], Vec::as_slice)
    }

    /// Forget all but the first `len` tokens of a sequence, and give the number that is kept. A recurrent model can go
    /// back only to its checkpoint, or to the beginning.
    pub fn truncate(&mut self, sequence: SequenceId, len: usize) -> usize {
        let Some(tokens) = self.sequences.get_mut(sequence.0) else {
            return 0;
        };
        let mut kept = len.min(tokens.len());
        if self.is_recurrent && kept < tokens.len() {
            let checkpoint = &mut self.checkpoints[sequence.0];
            *checkpoint = checkpoint.take().filter(|c| c.len <= kept);
            kept = checkpoint.as_ref().map_or(0, |c| c.len);
            if let Some(Checkpoint { len, states }) = checkpoint {
                self.device.restore(sequence.0, *len, true, states);
            }
        }
        tokens.truncate(kept);
        self.pasts[sequence.0].truncate(kept);
        kept
    }

    /// Append a token that was computed and then truncated, at position `at`. Gives false where the sequence is not as
    /// long as it was: then the token is not appended.
    pub(crate) fn recall(&mut self, sequence: SequenceId, at: usize, id: u32) -> bool {
        let tokens = self.sequences.get_mut(sequence.0);
        let Some(tokens) = tokens.filter(|tokens| tokens.len() == at) else {
            return false;
        };
        tokens.push(id);
        true
    }

    /// Whether the model has state that cannot be shortened.
    pub fn is_recurrent(&self) -> bool {
        self.is_recurrent
    }

    /// Remember this point of the sequence, so that [`Engine::truncate`] can come back to it. Only recurrent models
    /// need it; for others it does nothing.
    pub async fn checkpoint(&mut self, sequence: SequenceId) -> Result<(), RuntimeError> {
        let len = self.checked_sequence(sequence)?.len();
        if self.is_recurrent {
            let states = self.device.save(sequence.0, len, true).await?;
            self.checkpoints[sequence.0] = Some(Checkpoint { len, states });
        }
        Ok(())
    }

    /// What tells this model and cache type from others.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The tokens of a sequence that exists.
    pub(crate) fn checked_sequence(&self, sequence: SequenceId) -> Result<&[u32], RuntimeError> {
        let missing = RuntimeError::BadSequence {
            sequence: sequence.0,
            n_sequences: self.sequences.len(),
        };
        self.sequences
            .get(sequence.0)
            .map(Vec::as_slice)
            .ok_or(missing)
    }

    /// Take over tokens whose states are in place.
    pub(crate) fn set_sequence(&mut self, sequence: SequenceId, tokens: Vec<u32>) {
        self.checkpoints[sequence.0] = None;
        self.pasts[sequence.0].assume(tokens.len(), self.chunk);
        self.sequences[sequence.0] = tokens;
    }

    /// Check that the model gives logits.
    pub(crate) fn check_generates(&self) -> Result<(), RuntimeError> {
        if self.info.pooling.is_none() {
            return Ok(());
        }
        Err(RuntimeError::NoLogits {
            architecture: self.info.architecture.clone(),
        })
    }

    /// Check that every id is in the vocabulary.
    pub fn check_tokens(&self, ids: &[u32]) -> Result<(), RuntimeError> {
        let n_vocab = self.info.n_vocab;
        match ids.iter().find(|&&id| id as usize >= n_vocab) {
            Some(&id) => Err(RuntimeError::BadToken { id, n_vocab }),
            None => Ok(()),
        }
    }

    /// Append tokens to their sequences and compute them in one step. Gives the results `[output_rows.len(), n_result]`
    /// of those rows of `tokens`: logits, or the embeddings of their sequences. At most [`Engine::chunk`] tokens, of one sequence or of several.
    pub async fn step(
        &mut self,
        tokens: &[StepToken],
        output_rows: &[usize],
    ) -> Result<&[f32], RuntimeError> {
        self.step_meanwhile(tokens, output_rows, || ()).await
    }

    /// [`Engine::step`]. `meanwhile` is called when the step has been given to the device: a GPU computes at the same time.
    pub(crate) async fn step_meanwhile(
        &mut self,
        tokens: &[StepToken],
        output_rows: &[usize],
        meanwhile: impl FnOnce(),
    ) -> Result<&[f32], RuntimeError> {
        self.bring_back(tokens.iter().map(|token| token.sequence))
            .await?;
        self.compute(tokens, output_rows, meanwhile).await
    }

    /// [`Engine::step_meanwhile`] of sequences that have in their states what they should.
    async fn compute(
        &mut self,
        tokens: &[StepToken],
        output_rows: &[usize],
        meanwhile: impl FnOnce(),
    ) -> Result<&[f32], RuntimeError> {
        self.fill_batch(tokens, output_rows)?;
        let batch = &self.batch;
        let inputs = [
            (inputs::TOKENS, &batch.tokens[..]),
            (inputs::POSITIONS, &batch.positions[..]),
            (inputs::SEQUENCES, &batch.sequences[..]),
            (inputs::OUTPUT_ROWS, &batch.output_rows[..]),
        ];
        let bindings = Bindings::default()
            .with(TOKENS, tokens.len())
            .with(OUTPUTS, output_rows.len());
        self.device.run(&inputs, &bindings).await?;
        self.append(tokens);
        meanwhile();
        self.device.output(RESULT, &bindings).await
    }

    /// Note that these tokens are computed.
    fn append(&mut self, tokens: &[StepToken]) {
        for run in tokens.chunk_by(|a, b| a.sequence == b.sequence) {
            let sequence = run[0].sequence.0;
            let tokens = &mut self.sequences[sequence];
            let start = tokens.len();
            tokens.extend(run.iter().map(|token| token.id));
            self.pasts[sequence].computed(start..tokens.len());
        }
    }

    /// Append tokens to one sequence, in steps, and hand each one's logits to `each` with its place in `tokens`.
    pub async fn evaluate(
        &mut self,
        sequence: SequenceId,
        tokens: &[u32],
        mut each: impl FnMut(usize, &[f32]),
    ) -> Result<(), RuntimeError> {
        self.check_generates()?;
        let n_vocab = self.info.n_vocab;
        // Each token of a step gives a row of logits, and there is room for so many.
        let tokens_a_step = self.max_outputs;
        for (chunk_index, chunk) in tokens.chunks(tokens_a_step).enumerate() {
            let step: Vec<StepToken> = chunk.iter().map(|&id| StepToken { id, sequence }).collect();
            let rows: Vec<usize> = (0..chunk.len()).collect();
            let start = chunk_index * tokens_a_step;
            let logits = self.step(&step, &rows).await?;
            for (row, logits) in logits.chunks_exact(n_vocab).enumerate() {
                each(start + row, logits);
            }
        }
        Ok(())
    }

    fn fill_batch(
        &mut self,
        tokens: &[StepToken],
        output_rows: &[usize],
    ) -> Result<(), RuntimeError> {
        let n_vocab = self.info.n_vocab;
        let batch = &mut self.batch;
        batch.tokens.clear();
        batch.positions.clear();
        batch.sequences.clear();
        for (row, token) in tokens.iter().enumerate() {
            let StepToken {
                id,
                sequence: SequenceId(sequence),
            } = *token;
            if id as usize >= n_vocab {
                return Err(RuntimeError::BadToken { id, n_vocab });
            }
            let cached = self.sequences.get(sequence);
            let cached = cached.ok_or(RuntimeError::BadSequence {
                sequence,
                n_sequences: self.sequences.len(),
            })?;
            let earlier = tokens[..row]
                .iter()
                .filter(|t| t.sequence.0 == sequence)
                .count();
            let position = cached.len() + earlier;
            self.info.check_length(position + 1)?;
            // Vocabulary, context and sequences are all bounded far below 2^31 by the loader.
            batch.tokens.push(id as i32);
            batch.positions.push(position as i32);
            batch.sequences.push(sequence as i32);
        }
        batch.output_rows.clear();
        batch
            .output_rows
            .extend(output_rows.iter().map(|&r| r as i32));
        Ok(())
    }
}
