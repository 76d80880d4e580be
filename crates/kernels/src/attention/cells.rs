//! The cells of one head and sequence of a cache, read a tile of positions at a time, as f32.

use std::ops::Range;

use half::f16;
use hearth_simd::Simd;

use crate::cpu::OperandData;

/// Elements of consecutive positions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cells<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
}

impl<'a> Cells<'a> {
    /// The elements of a state. Panics for other operands: the graph's types rule them out.
    pub(super) fn of(data: OperandData<'a>) -> Self {
        match data {
            OperandData::F32(data) => Cells::F32(data),
            OperandData::F16(data) => Cells::F16(data),
            other => panic!("the contract promises an F32 or F16 state, got {other:?}"),
        }
    }

    /// Some of the elements.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Cells::F32(data) => Cells::F32(&data[range]),
            Cells::F16(data) => Cells::F16(&data[range]),
        }
    }

    /// Some of the elements as f32; `buffer` is where they go if they must be converted.
    #[inline(always)]
    pub(super) fn tile<'b, S: Simd>(
        self,
        simd: S,
        range: Range<usize>,
        buffer: &'b mut [f32],
    ) -> &'b [f32]
    where
        'a: 'b,
    {
        match self {
            Cells::F32(data) => &data[range],
            Cells::F16(data) => {
                let buffer = &mut buffer[..range.len()];
                widen(simd, &data[range], buffer);
                buffer
            }
        }
    }
}

/// Half precision to f32, exactly.
#[inline(always)]
fn widen<S: Simd>(simd: S, from: &[f16], to: &mut [f32]) {
    let whole = to.len() - to.len() % S::LANES;
    let bits: &[u16] = bytemuck::cast_slice(from);
    let (to, tail) = to.split_at_mut(whole);
    let vectors = to.chunks_exact_mut(S::LANES);
    for (to, from) in vectors.zip(bits.chunks_exact(S::LANES)) {
        simd.store(simd.load_f16(from), to);
    }
    for (to, from) in tail.iter_mut().zip(&from[whole..]) {
        *to = from.to_f32();
    }
}
