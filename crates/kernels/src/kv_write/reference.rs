//! The formula, on an f32 state.

use super::CacheShape;
use crate::quantize_rows::BLOCK;
use crate::quantize_rows::reference::{eleven_bits, quantize};

/// A Q8_0 block as it is stored, in `f64`: 32 elements to 34 bytes.
pub fn q8_0_block(x: &[f32]) -> Vec<u8> {
    let (scales, codes) = quantize(x, BLOCK);
    // Rounded here: where the processor has no instruction for it, the conversion looks at 32 bits of the 64 only.
    let scale = half::f16::from_f64(eleven_bits(scales[0])).to_le_bytes();
    let codes = codes.into_iter().map(|code| code as u8);
    scale.into_iter().chain(codes).collect()
}

/// Write row `i` of `x` to the cells of `(sequences[i], positions[i])`, head by head.
pub fn kv_write(
    state: &mut [f32],
    shape: CacheShape,
    x: &[f32],
    positions: &[usize],
    sequences: &[usize],
) {
    let CacheShape {
        n_kv_heads,
        head_dim,
        ..
    } = shape;
    for i in 0..positions.len() {
        for h in 0..n_kv_heads {
            for c in 0..head_dim {
                let cell = shape.row(h, sequences[i], positions[i]);
                state[cell * head_dim + c] = x[(i * n_kv_heads + h) * head_dim + c];
            }
        }
    }
}
