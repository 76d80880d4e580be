//! How a shader stores elements of each type of cache: a unit of some elements at a time, each unit by one invocation.

use hearth_tensor::DType;

use super::CacheShape;
use crate::gpu::wgsl::HALF;

/// The way of a type. For a cache that is bound as `NAME`, the text gives `store_NAME(unit, first)`, which stores
/// the elements `value_NAME(first)` and following as the cache's unit `unit`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store {
    /// Elements of a unit. It divides a cell's.
    pub(crate) unit: usize,
    /// What the cache is bound as an array of.
    pub(crate) element: &'static str,
    text: &'static str,
}

impl Store {
    /// The way of a cache, if shaders can write it.
    pub(crate) fn of(dtype: DType, shape: &CacheShape) -> Option<Self> {
        let is_even = shape.head_dim.is_multiple_of(2);
        let store = match dtype {
            DType::F32 if is_even => Store {
                unit: 2,
                element: "vec2<f32>",
                text: include_str!("store_f32.wgsl"),
            },
            DType::F16 if is_even => Store {
                unit: 2,
                element: "u32",
                text: include_str!("store_f16.wgsl"),
            },
            DType::Q8_0 => Store {
                unit: 32,
                element: "atomic<u32>",
                text: include_str!("store_q8_0.wgsl"),
            },
            _ => return None,
        };
        // A sequence's cells begin at whole words, so that they can be copied.
        let bytes = dtype.bytes_for(shape.n_ctx.checked_mul(shape.head_dim)?)?;
        bytes.is_multiple_of(4).then_some(store)
    }

    /// What the texts of all types need, once.
    pub(crate) const SNIPPET: &str = HALF;

    /// The functions for the cache that is bound as `name`.
    pub(crate) fn text(&self, name: &str) -> String {
        self.text.replace("CACHE", name)
    }
}
