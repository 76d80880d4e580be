//! The tensors of a file, dequantised element by element.

use std::collections::HashMap;

use hearth_gguf::{Gguf, ReadAt, TensorInfo};
use hearth_graph::{Graph, RowSet, Source, ValueId};
use hearth_kernels::dequantize::reference::dequantize;
use hearth_models::ModelError;

use crate::failure::Failure;

/// A file and its directory.
pub(super) struct Tensors<'a> {
    gguf: &'a Gguf,
    file: &'a dyn ReadAt,
}

impl<'a> Tensors<'a> {
    pub(super) fn new(gguf: &'a Gguf, file: &'a dyn ReadAt) -> Self {
        Tensors { gguf, file }
    }

    /// All elements of a tensor.
    pub(super) fn all(&self, info: &TensorInfo) -> Result<Vec<f32>, ModelError> {
        let mut bytes = vec![0; info.bytes as usize];
        self.file
            .read_exact_at(info.offset, &mut bytes)
            .map_err(|_| ModelError::UnreadableTensor {
                name: info.name.clone(),
                offset: info.offset,
            })?;
        dequantize(info.dtype, &bytes).ok_or_else(|| ModelError::UnsupportedTensorType {
            name: info.name.clone(),
            dtype: info.dtype,
            offset: info.offset,
        })
    }

    /// Weights and constants of a graph.
    pub(super) fn of(&self, graph: &Graph) -> Result<HashMap<ValueId, Vec<f32>>, Failure> {
        let mut weights = HashMap::new();
        let used = graph.nodes().iter().flat_map(|node| &node.inputs);
        for &id in used {
            if weights.contains_key(&id) {
                continue;
            }
            let elements = match &graph.value(id).source {
                Source::Constant(_, elements) => elements.to_vec(),
                Source::Weight(tensor) => {
                    let missing = || ModelError::MissingTensor {
                        name: tensor.name.to_string(),
                    };
                    let info = self.gguf.tensor(&tensor.name).ok_or_else(missing)?;
                    let all = self.all(info)?;
                    let cols = info.shape.dims().last().copied().unwrap_or(1);
                    tensor.rows.map_or(all.clone(), |set| rows(&all, cols, set))
                }
                _ => continue,
            };
            weights.insert(id, elements);
        }
        Ok(weights)
    }
}

fn rows(all: &[f32], cols: usize, set: RowSet) -> Vec<f32> {
    let row = |index| &all[set.at(index).0 * cols..][..cols];
    (0..set.rows()).flat_map(row).copied().collect()
}
