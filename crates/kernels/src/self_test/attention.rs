//! Attention over caches of every type, and writing into them.

use std::ops::Range;

use hearth_tensor::DType;

use super::case::{Case, Want};
use super::value::{Value, doubles};
use crate::attention::reference::{ATTENDED, CAPPED, Cache, attention};
use crate::attention::{Attention, Mask};
use crate::dequantize;
use crate::kv_write::{self, CacheShape, KvWrite};

/// What caches are made of.
const TYPES: [DType; 3] = [DType::F32, DType::F16, DType::Q8_0];
/// Heads that ask, heads that have keys and values, elements of a head.
const HEADS: usize = 6;
const KV_HEADS: usize = 2;
const HEAD_DIM: usize = 64;
/// Heads, sequences, positions, elements of a cache.
const CACHE: [usize; 4] = [KV_HEADS, 2, 200, HEAD_DIM];
/// The sequence that the tokens belong to.
const SEQUENCE: usize = 1;
/// Tokens of a prompt: more than are computed as if each were alone.
const PROMPT: Range<usize> = 120..160;
/// A token that is computed alone.
const TOKEN: Range<usize> = 160..161;

/// The questions.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let of = |dtype| {
        let plain = op();
        let capped = Attention {
            softcap: Some(20.0),
            mask: Mask::Causal { window: Some(64) },
            ..op()
        };
        [
            attend(plain.clone(), dtype, TOKEN).named("one_token"),
            attend(plain, dtype, PROMPT).named("prompt"),
            attend(capped, dtype, PROMPT).named("window_soft_cap"),
            write(dtype),
        ]
    };
    TYPES.into_iter().flat_map(of)
}

fn op() -> Attention {
    Attention {
        n_heads: HEADS,
        n_kv_heads: KV_HEADS,
        head_dim: HEAD_DIM,
        scale: 1.0 / (HEAD_DIM as f32).sqrt(),
        mask: Mask::Causal { window: None },
        softcap: None,
        sinks: false,
    }
}

/// Positions and sequences of tokens: as numbers, and as inputs.
fn places(tokens: Range<usize>) -> ([Vec<usize>; 2], [Value; 2]) {
    let numbers = [tokens.clone().collect(), vec![SEQUENCE; tokens.len()]];
    let inputs = [&numbers[0], &numbers[1]].map(|numbers: &Vec<usize>| {
        let numbers: Vec<i32> = numbers.iter().map(|&n| n as i32).collect();
        Value::integers(&[numbers.len()], &numbers)
    });
    (numbers, inputs)
}

fn attend(op: Attention, dtype: DType, tokens: Range<usize>) -> Case {
    let q = Value::random(1, &[tokens.len(), HEADS * HEAD_DIM], 2.0);
    let [k, v] = [2, 3].map(|seed| Value::state(seed, dtype, &CACHE, 2.0));
    let ([positions, sequences], places) = places(tokens);
    let cells = [&k, &v].map(Value::singles);
    let caches = [0, 1].map(|i| Cache {
        shape: CacheShape::from_dims(CACHE),
        data: &cells[i],
    });
    let want = attention(&op, &q.singles(), caches, [&positions, &sequences], &[]);
    let tolerance = if op.softcap.is_some() {
        CAPPED
    } else {
        ATTENDED
    };
    let [positions, sequences] = places;
    let inputs = vec![q, k, v, positions, sequences];
    Case::new(op, inputs, vec![Want::within(tolerance, want)]).of(dtype)
}

fn write(dtype: DType) -> Case {
    let state = Value::state(2, dtype, &CACHE, 2.0);
    let x = Value::random(1, &[PROMPT.len(), KV_HEADS * HEAD_DIM], 4.0);
    let ([positions, sequences], places) = places(PROMPT);
    // What a cell becomes is known head by head; the others stay.
    let rounded: Vec<f32> = (x.singles().chunks_exact(HEAD_DIM))
        .flat_map(|cell| rounded(dtype, cell))
        .collect();
    let mut want = state.singles();
    let shape = CacheShape::from_dims(CACHE);
    kv_write::reference::kv_write(&mut want, shape, &rounded, &positions, &sequences);
    let [positions, sequences] = places;
    let inputs = vec![state, x, positions, sequences];
    Case::new(KvWrite, inputs, vec![Want::exactly(doubles(&want))]).of(dtype)
}

/// What a cell of this type keeps of its elements.
fn rounded(dtype: DType, cell: &[f32]) -> Vec<f32> {
    match dtype {
        DType::F16 => {
            let halves = cell.iter().map(|&v| half::f16::from_f32(v));
            halves.map(half::f16::to_f32).collect()
        }
        DType::Q8_0 => {
            let blocks = cell.chunks_exact(dtype.block_elems());
            let bytes: Vec<u8> = blocks.flat_map(kv_write::reference::q8_0_block).collect();
            dequantize::reference::dequantize(dtype, &bytes).unwrap_or_default()
        }
        _ => cell.to_vec(),
    }
}
