//! A step of attention over random caches, as an executor runs it.

use half::f16;
use hearth_tensor::{DType, Dim, Symbol};

use super::reference::{ATTENDED, CAPPED};
use super::tests::CAUSAL;
use crate::attention::{Attention, reference};
use crate::contract::{Elem, ValueType};
use crate::cpu::{CpuConfig, Operand, OperandData, Partition};
use crate::cut::{f32s, i32s, kernel, run_all};
use crate::dequantize::dequantize_row_into;
use crate::kv_write::CacheShape;
use crate::quantize::quantize_row_into;
use crate::testing::{assert_close, random};

/// A cache of one type, and what its elements mean.
pub(super) struct Cache {
    dtype: DType,
    wide: Vec<f32>,
    f16: Vec<f16>,
    bytes: Vec<u8>,
}

impl Cache {
    /// Random values within ±2, rounded as the type does.
    fn new(seed: u64, dtype: DType, n: usize) -> Self {
        let mut cache = Cache {
            dtype,
            wide: random(seed, n, 2.0),
            f16: Vec::new(),
            bytes: Vec::new(),
        };
        if dtype == DType::Q8_0 {
            cache.bytes = vec![0; dtype.bytes_for(n).expect("whole blocks")];
            quantize_row_into(dtype, &cache.wide, &mut cache.bytes).expect("small numbers");
            dequantize_row_into(dtype, &cache.bytes, &mut cache.wide).expect("whole blocks");
        } else {
            // Also the elements of F32 caches, so that the types give about the same.
            cache.f16 = cache.wide.iter().map(|&v| f16::from_f32(v)).collect();
            cache.wide = cache.f16.iter().map(|v| v.to_f32()).collect();
        }
        cache
    }

    fn operand<'a>(&'a self, dims: &'a [usize]) -> Operand<'a> {
        let data = match self.dtype {
            DType::F32 => OperandData::F32(&self.wide),
            DType::F16 => OperandData::F16(&self.f16),
            _ => OperandData::Bytes(&self.bytes),
        };
        Operand { dims, data }
    }
}

/// A step: an operation, a cache filled with random cells, and the tokens' places in it.
pub(super) struct Step {
    pub(super) op: Attention,
    pub(super) shape: CacheShape,
    pub(super) positions: Vec<i32>,
    pub(super) sequences: Vec<i32>,
}

impl Step {
    pub(super) fn new([n_heads, n_kv_heads, head_dim]: [usize; 3], tokens: &[(i32, i32)]) -> Self {
        Step {
            op: Attention {
                n_heads,
                n_kv_heads,
                head_dim,
                scale: 1.0 / (head_dim as f32).sqrt(),
                mask: CAUSAL,
                softcap: None,
                sinks: false,
            },
            shape: CacheShape {
                n_kv_heads,
                n_sequences: 3,
                n_ctx: 200,
                head_dim,
            },
            sequences: tokens.iter().map(|t| t.0).collect(),
            positions: tokens.iter().map(|t| t.1).collect(),
        }
    }

    pub(super) fn cache_dims(&self) -> [usize; 4] {
        let s = self.shape;
        [s.n_kv_heads, s.n_sequences, s.n_ctx, s.head_dim]
    }

    pub(super) fn types(&self, dtype: DType) -> Vec<ValueType> {
        let t = Dim::symbol(Symbol(0));
        let cache = ValueType::new(Elem::State(dtype), self.cache_dims().map(Dim::Fixed));
        let mut types = vec![
            ValueType::f32_rows(t, self.op.n_heads * self.op.head_dim),
            cache.clone(),
            cache,
            ValueType::new(Elem::I32, [t]),
            ValueType::new(Elem::I32, [t]),
        ];
        if self.op.sinks {
            let dims = [Dim::Fixed(self.op.n_heads)];
            types.push(ValueType::new(Elem::Weight(DType::F32), dims));
        }
        types
    }

    pub(super) fn cuts(&self) -> [Partition; 5] {
        let (head, group) = (self.op.head_dim, self.op.n_heads / self.op.n_kv_heads);
        [
            Partition::Cols(head),
            Partition::Cols(group * head),
            Partition::Cols(3 * head),
            Partition::Rows(1),
            Partition::Rows(5),
        ]
    }

    /// The queries `[t, n_heads * head_dim]`, within `±scale`.
    pub(super) fn queries(&self, scale: f32) -> Vec<f32> {
        let cols = self.op.n_heads * self.op.head_dim;
        random(3, self.positions.len() * cols, scale)
    }

    /// The output for `q`, which must be the same for every cut.
    pub(super) fn run(&self, config: CpuConfig, caches: &[Cache; 2], q: &[f32]) -> Vec<f32> {
        let dtype = caches[0].dtype;
        let t = self.positions.len();
        let (q_dims, rows) = ([t, self.op.n_heads * self.op.head_dim], [t]);
        let dims = self.cache_dims();
        let context = format!("{config:?}, {:?}, {dtype}, t={t}", self.op);
        let (sinks, sink_dims) = (self.sinks(), [self.sinks().len()]);
        let mut inputs = vec![
            f32s(&q_dims, q),
            caches[0].operand(&dims),
            caches[1].operand(&dims),
            i32s(&rows, &self.positions),
            i32s(&rows, &self.sequences),
        ];
        if self.op.sinks {
            inputs.push(f32s(&sink_dims, &sinks));
        }
        let kernel = kernel(&self.op, &self.types(dtype), config);
        let mut y = run_all(&context, &*kernel, &inputs, (1, q_dims), &self.cuts());
        y.remove(0)
    }

    /// Compute from caches of this type and compare.
    pub(super) fn check(&self, config: CpuConfig, dtype: DType, q_scale: f32) {
        let q = self.queries(q_scale);
        let caches = self.caches(dtype);
        let y = self.run(config, &caches, &q);
        let numbers = |v: &[i32]| v.iter().map(|&n| n as usize).collect::<Vec<_>>();
        let caches = [0, 1].map(|i| reference::Cache {
            shape: self.shape,
            data: &caches[i].wide,
        });
        let want = reference::attention(
            &self.op,
            &q,
            caches,
            [&numbers(&self.positions), &numbers(&self.sequences)],
            &self.sinks(),
        );
        let tolerance = self.op.softcap.map_or(ATTENDED, |_| CAPPED);
        let context = format!("{config:?}, {:?}, {dtype}, t={}", self.op, y.len());
        assert_close(&context, &y, &want, tolerance);
    }

    /// Random keys and values.
    pub(super) fn caches(&self, dtype: DType) -> [Cache; 2] {
        let cells: usize = self.cache_dims().iter().product();
        [1, 2].map(|seed| Cache::new(seed, dtype, cells))
    }

    fn sinks(&self) -> Vec<f32> {
        random(4, if self.op.sinks { self.op.n_heads } else { 0 }, 4.0)
    }
}
