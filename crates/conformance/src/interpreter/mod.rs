//! The reference backend: the graph of a model as the description wrote it, node by node, by the kernels' references.
//!
//! No pass rewrites the graph, no layout is chosen, no kernel is called: what every other backend adds is checked against
//! this. Values are rounded to f32 between nodes, sums within a node are f64. Slow, and simple.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | states from step to step, and the values of one step |
//! | `call.rs` | what an operation sees of a node |
//! | `operations.rs` | the operations that see one token at a time |
//! | `sequences.rs` | the operations that see other tokens, or write states |
//! | `weights.rs` | the tensors of the file, dequantised |

mod call;
mod operations;
mod sequences;
mod weights;

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use hearth_gguf::Gguf;
use hearth_graph::{Graph, Node, Source, ValueId};
use hearth_kernels::state::StateLayout;
use hearth_models::{BuildOptions, Description, Model, Pooling, RESULT, inputs};
use hearth_tensor::DType;

use crate::failure::Failure;
use call::{Call, Data};
use weights::Tensors;

/// Context that the reference outputs were made with; long rotary factors depend on it.
pub const CONTEXT: usize = 512;

/// A model that is computed node by node.
#[derive(Debug)]
pub struct Interpreter {
    graph: Graph,
    n_vocab: usize,
    pooling: Option<Pooling>,
    /// Weights and constants, by value.
    weights: HashMap<ValueId, Vec<f32>>,
    states: HashMap<Arc<str>, Vec<f32>>,
    /// Tokens computed so far.
    length: usize,
}

impl Interpreter {
    /// Read a model file.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|source| Failure::Open {
            path: path.to_owned(),
            source,
        })?;
        let gguf = Gguf::parse(&file)?;
        let tensors = Tensors::new(&gguf, &file);
        let description = Description::read(&gguf)?;
        let trained = description.hp.n_ctx_train;
        let options = BuildOptions {
            n_ctx: if description.hp.causal {
                CONTEXT
            } else {
                CONTEXT.min(trained)
            },
            n_sequences: 1,
            cache_dtype: DType::F32,
        };
        let Model {
            graph, hp, n_vocab, ..
        } = description.build(&gguf, options, &|info| tensors.all(info))?;
        let mut interpreter = Interpreter {
            weights: tensors.of(&graph)?,
            states: HashMap::new(),
            pooling: hp.pooling,
            length: 0,
            n_vocab,
            graph,
        };
        interpreter.reset();
        Ok(interpreter)
    }

    /// Forget all tokens.
    pub fn reset(&mut self) {
        self.length = 0;
        let states = self.graph.values().iter().filter_map(|value| {
            let Source::State(name) = &value.source else {
                return None;
            };
            let layout = StateLayout::of(&value.ty).expect("states are caches or recurrent");
            let elems = match layout {
                StateLayout::Cache(_) => layout.elems(usize::MAX),
                StateLayout::Recurrent { n_sequences, elems } => n_sequences * elems,
            };
            Some((name.clone(), vec![0.0; elems]))
        });
        self.states = states.collect();
    }

    /// Append tokens; the results of those `rows` of them, one after the other.
    pub fn step(&mut self, tokens: &[u32], rows: &[usize]) -> Result<Vec<f32>, Failure> {
        let mut values = self.inputs(tokens, rows);
        // Which state a version of it is.
        let mut versions: HashMap<ValueId, Arc<str>> = HashMap::new();
        for (index, value) in self.graph.values().iter().enumerate() {
            if let Source::State(name) = &value.source {
                let state = self.states.remove(name).unwrap_or_default();
                values[index] = Some(Data::Floats(state));
            }
        }
        for node in self.graph.nodes() {
            self.evaluate(node, &mut values, &mut versions)?;
        }
        // What no node wrote is as it was.
        for (index, value) in self.graph.values().iter().enumerate() {
            if let Source::State(name) = &value.source
                && let Some(Data::Floats(state)) = values[index].take()
            {
                self.states.insert(name.clone(), state);
            }
        }
        for (id, name) in versions {
            if let Some(Data::Floats(state)) = values[id.index()].take() {
                self.states.insert(name, state);
            }
        }
        self.length += tokens.len();
        let result = self
            .graph
            .outputs()
            .iter()
            .find(|(name, _)| &**name == RESULT);
        match result.and_then(|(_, id)| values[id.index()].take()) {
            Some(Data::Floats(result)) => Ok(result),
            _ => Err(Failure::NoResult),
        }
    }

    /// The logits after each of `positions` of a text.
    pub fn logits(
        &mut self,
        tokens: &[u32],
        positions: &[usize],
    ) -> Result<Vec<Vec<f32>>, Failure> {
        self.reset();
        let all = self.step(tokens, positions)?;
        Ok(all.chunks(self.n_vocab).map(<[f32]>::to_vec).collect())
    }

    /// The embedding of a text as the model pools it.
    pub fn embed(&mut self, tokens: &[u32]) -> Result<Vec<f32>, Failure> {
        self.reset();
        let row = match self.pooling {
            Some(Pooling::Last) => tokens.len() - 1,
            _ => 0,
        };
        self.step(tokens, &[row])
    }

    fn inputs(&self, tokens: &[u32], rows: &[usize]) -> Vec<Option<Data>> {
        let ints = |name: &str| {
            let numbers: Vec<i32> = match name {
                inputs::TOKENS => tokens.iter().map(|&id| id as i32).collect(),
                inputs::POSITIONS => (self.length..self.length + tokens.len())
                    .map(|p| p as i32)
                    .collect(),
                inputs::SEQUENCES => vec![0; tokens.len()],
                inputs::OUTPUT_ROWS => rows.iter().map(|&row| row as i32).collect(),
                other => panic!("descriptions have no input {other}"),
            };
            Data::Ints(numbers)
        };
        let of = |value: &hearth_graph::Value| match &value.source {
            Source::Input(name) => Some(ints(name)),
            _ => None,
        };
        self.graph.values().iter().map(of).collect()
    }

    fn evaluate(
        &self,
        node: &Node,
        values: &mut [Option<Data>],
        versions: &mut HashMap<ValueId, Arc<str>>,
    ) -> Result<(), Failure> {
        let written = node.op.states_written().first();
        let written = written.map(|&input| node.inputs[input]);
        let mut state = match written.and_then(|id| values[id.index()].take()) {
            Some(Data::Floats(state)) => state,
            _ => Vec::new(),
        };
        let mut call = Call::new(self, node, values, &mut state);
        let results = operations::evaluate(&mut call)
            .or_else(|| sequences::evaluate(&mut call))
            .ok_or(Failure::UnknownOperation {
                name: node.op.name(),
            })?;
        let mut outputs = node.outputs.iter();
        if let Some(id) = written {
            let name = match &self.graph.value(id).source {
                Source::State(name) => name.clone(),
                _ => versions.remove(&id).expect("versions follow one another"),
            };
            let version = *outputs.next().expect("a state's writer gives the state");
            versions.insert(version, name);
            values[version.index()] = Some(Data::Floats(state));
        }
        for (id, result) in outputs.zip(results) {
            values[id.index()] = Some(result);
        }
        Ok(())
    }
}
