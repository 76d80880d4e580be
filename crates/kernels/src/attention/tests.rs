use half::f16;
use hearth_tensor::{DType, Dim, Symbol};

use super::{Attention, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Operand, OperandData, Partition};
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::kv_write::CacheShape;
use crate::testing::{Tolerance, assert_close, random};

/// Scores lie within ±20, so f32 sums and the exponential are off by about 20 * 2^-22 relative to a weight; outputs
/// are means of values within ±2.
const ATTENDED: Tolerance = Tolerance {
    abs: 1e-5,
    rel: 1e-5,
};

/// A step: an operation, a cache filled with random cells, and the tokens' places in it.
struct Step {
    op: Attention,
    shape: CacheShape,
    positions: Vec<i32>,
    sequences: Vec<i32>,
}

impl Step {
    fn new([n_heads, n_kv_heads, head_dim]: [usize; 3], tokens: &[(i32, i32)]) -> Self {
        Step {
            op: Attention {
                n_heads,
                n_kv_heads,
                head_dim,
                scale: 1.0 / (head_dim as f32).sqrt(),
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

    fn cache_dims(&self) -> [usize; 4] {
        let s = self.shape;
        [s.n_kv_heads, s.n_sequences, s.n_ctx, s.head_dim]
    }

    fn types(&self, dtype: DType) -> [ValueType; 5] {
        let t = Dim::symbol(Symbol(0));
        let cache = ValueType::new(Elem::State(dtype), self.cache_dims().map(Dim::Fixed));
        [
            ValueType::f32_rows(t, self.op.n_heads * self.op.head_dim),
            cache.clone(),
            cache,
            ValueType::new(Elem::I32, [t]),
            ValueType::new(Elem::I32, [t]),
        ]
    }

    fn cuts(&self) -> [Partition; 5] {
        let (head, group) = (self.op.head_dim, self.op.n_heads / self.op.n_kv_heads);
        [
            Partition::Cols(head),
            Partition::Cols(group * head),
            Partition::Cols(3 * head),
            Partition::Rows(1),
            Partition::Rows(5),
        ]
    }

    /// Compute from a cache of either type, which holds values that F16 represents, and compare.
    fn check(&self, config: CpuConfig, dtype: DType, q_scale: f32) {
        let cells: usize = self.cache_dims().iter().product();
        let narrow: [Vec<f16>; 2] = [1, 2].map(|seed| {
            let wide = random(seed, cells, 2.0);
            wide.into_iter().map(f16::from_f32).collect()
        });
        let wide = [0, 1].map(|i| narrow[i].iter().map(|v| v.to_f32()).collect::<Vec<_>>());
        let t = self.positions.len();
        let q_cols = self.op.n_heads * self.op.head_dim;
        let q = random(3, t * q_cols, q_scale);
        let dims = self.cache_dims();
        let cache = |i: usize| Operand {
            dims: &dims,
            data: match dtype {
                DType::F32 => OperandData::F32(&wide[i]),
                _ => OperandData::F16(&narrow[i]),
            },
        };
        let context = format!("{config:?}, {:?}, {dtype}, t={t}", self.op);
        let y = run_all(
            &context,
            &*kernel(&self.op, &self.types(dtype), config),
            &[
                f32s(&[t, q_cols], &q),
                cache(0),
                cache(1),
                i32s(&[t], &self.positions),
                i32s(&[t], &self.sequences),
            ],
            (1, [t, q_cols]),
            &self.cuts(),
        );
        let numbers = |v: &[i32]| v.iter().map(|&n| n as usize).collect::<Vec<_>>();
        let caches = [0, 1].map(|i| reference::Cache {
            shape: self.shape,
            data: &wide[i],
        });
        let want = reference::attention(
            &self.op,
            &q,
            caches,
            &numbers(&self.positions),
            &numbers(&self.sequences),
        );
        assert_close(&context, &y[0], &want, ATTENDED);
    }
}

/// `[n_heads, n_kv_heads, head_dim]`: every head its own keys, groups, one for all; around the lanes of a vector.
const HEADS: [[usize; 3]; 6] = [
    [1, 1, 1],
    [2, 2, 16],
    [6, 2, 64],
    [4, 1, 80],
    [3, 3, 7],
    [7, 1, 36],
];

fn tokens(sequence: i32, positions: std::ops::Range<i32>) -> Vec<(i32, i32)> {
    positions.map(|p| (sequence, p)).collect()
}

#[test]
fn variants_match_reference() {
    let steps = [
        tokens(0, 0..0),                                  // nothing
        tokens(0, 0..1),                                  // the first token
        tokens(2, 199..200),                              // decode at the end of the cache
        tokens(1, 63..66),                                // few tokens across a tile of keys
        tokens(0, 0..70),                                 // prefill, more than a block
        tokens(1, 50..129),                               // prefill after a prefix
        vec![(0, 5), (1, 130), (2, 0), (0, 6), (0, 7)],   // decode of several sequences
        [tokens(0, 100..140), tokens(2, 0..20)].concat(), // prefill of two sequences
        (0..40).rev().map(|p| (1, p * 5)).collect(),      // positions in no order
    ];
    for config in configs() {
        for heads in HEADS {
            for step in &steps {
                for dtype in [DType::F32, DType::F16] {
                    Step::new(heads, step).check(config, dtype, 2.0);
                }
            }
        }
    }
}

/// Scores far apart: a softmax that subtracts no maximum, or only that of the first tile, overflows.
#[test]
fn large_scores_do_not_overflow() {
    for config in configs() {
        for step in [tokens(0, 150..152), tokens(0, 90..150)] {
            let mut step = Step::new([2, 1, 16], &step);
            // Steep enough for scores of several hundred, and few enough bits for exact products.
            step.op.scale = 8.0;
            let dims = step.cache_dims();
            let cells: usize = dims.iter().product();
            // Keys grow with the position; values name it.
            let k: Vec<f32> = (0..cells).map(|i| ((i / 16) % 200) as f32 / 16.0).collect();
            let v: Vec<f32> = (0..cells).map(|i| ((i / 16) % 200) as f32).collect();
            let t = step.positions.len();
            let (rows, out) = ([t], [t, 32]);
            let q = vec![1.0; t * 32];
            let cache = |data| Operand {
                dims: &dims,
                data: OperandData::F32(data),
            };
            let inputs = [
                f32s(&out, &q),
                cache(&k),
                cache(&v),
                i32s(&rows, &step.positions),
                i32s(&rows, &step.sequences),
            ];
            let kernel = kernel(&step.op, &step.types(DType::F32), config);
            let y = run_all("large", &*kernel, &inputs, (1, out), &step.cuts());
            // A score grows by 8 a position, so the weights of the last ones are 1, e^-8, e^-16 … over their sum.
            let e = (-8.0f64).exp();
            let behind = e / (1.0 - e);
            let want: Vec<f64> = step
                .positions
                .iter()
                .flat_map(|&p| [f64::from(p) - behind; 32])
                .collect();
            assert_close(&format!("{config:?}, t={t}"), &y[0], &want, ATTENDED);
        }
    }
}

#[test]
fn threads_get_whole_groups_where_that_is_even() {
    let config = configs().next().expect("there is always one");
    let step = Step::new([6, 2, 64], &[]);
    let kernel = kernel(&step.op, &step.types(DType::F32), config);
    assert_eq!(kernel.partition(&[1, 384], 2), Partition::Cols(192));
    assert_eq!(kernel.partition(&[1, 384], 4), Partition::Cols(64));
}

#[test]
#[should_panic(expected = "attention: position 0 of sequence 3")]
fn sequence_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    Step::new([1, 1, 1], &[(3, 0)]).check(config, DType::F32, 1.0);
}

#[test]
fn broken_contracts_are_errors() {
    let step = Step::new([6, 2, 16], &[]);
    let good = step.types(DType::F16);
    assert_eq!(step.op.infer(&good), Ok(vec![good[0].clone()]));
    assert!(matches!(
        step.op.infer(&good[..4]),
        Err(ContractError::Arity { expected: 5, .. })
    ));
    let op = |n_heads, n_kv_heads, head_dim| Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        scale: 1.0,
    };
    for (op, bad) in [
        (op(5, 2, 16), 0),
        (op(6, 2, 8), 0),
        (op(0, 2, 16), 0),
        (op(6, 4, 16), 1),
        (op(6, 0, 16), 1),
        (op(6, 3, 16), 1),
        (op(12, 2, 8), 1),
    ] {
        let error = op.infer(&good);
        assert!(
            matches!(error, Err(ContractError::Input { input, .. }) if input == bad),
            "{op:?}: {error:?}"
        );
    }
    let mut other_v = good.clone();
    other_v[2].dims[2] = Dim::Fixed(100);
    let error = step.op.infer(&other_v);
    assert!(matches!(error, Err(ContractError::Input { input: 2, .. })));
    for input in [3, 4] {
        let mut types = good.clone();
        types[input] = ValueType::new(Elem::I32, [Dim::Fixed(1)]);
        let error = step.op.infer(&types);
        assert!(matches!(error, Err(ContractError::Input { input: i, .. }) if i == input));
    }
}
