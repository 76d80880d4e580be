//! Matrix products with every type of weights, in each way that there is for it; what else reads weights; and activations in
//! 8 bits, which tiles are multiplied with.

use hearth_simd::Isa;
use hearth_tensor::DType;

use super::case::{Case, Want, answers};
use super::value::{Value, doubles};
use crate::dequantize;
use crate::embed::{self, Embed};
use crate::expert_matmul::ExpertMatMul;
use crate::expert_matmul::reference::{Experts, expert_matmul};
use crate::matmul::reference::{SUM_OF_PRODUCTS, matmul};
use crate::matmul::{MatMul, TileFormat};
use crate::quantize_rows::reference::{eleven_bits, quantize};
use crate::quantize_rows::{Blocks, QuantizeRows};
use crate::samples::{self, packed};

/// Columns of weights: three of the largest blocks.
const COLS: usize = 768;
/// Rows of a weight: no whole number of tiles.
const ROWS: usize = 40;
/// Rows of activations: more than are taken at a time.
const MANY: usize = 39;
/// Magnitude of activations.
const SCALE: f32 = 2.0;
/// Matrices of a stack, their rows, and the experts of each token.
const EXPERTS: usize = 3;
const EXPERT_ROWS: usize = 32;
const CHOSEN: [[i32; 2]; 5] = [[0, 2], [2, 1], [2, 0], [0, 1], [2, 1]];
/// Rounding of a scale to half precision, which tiles of IQ4_XS have and its blocks have not.
const HALF_ROUNDING: f64 = 1.0 / 2048.0;
/// A quotient that lies so near a half may be rounded up or down, because it is an f32.
const NEAR_TIE: f64 = 1e-4;
/// Roundings of a scale, as a share of it.
const SCALE_ROUNDING: f64 = 4e-7;

/// The questions.
pub(super) fn cases(isa: Isa) -> impl Iterator<Item = Case> {
    let rounding = [Blocks::Of32, Blocks::Of256].into_iter();
    let of = move |&dtype: &DType| {
        let rows = Matrices::new(dtype, false);
        let mut cases = vec![
            rows.embed("rows"),
            rows.product(isa, 5).named("exact"),
            rows.experts(isa).named("exact"),
        ];
        if TileFormat::for_dtype(dtype, COLS).is_some() {
            let tiles = Matrices::new(dtype, true);
            cases.extend([
                tiles.embed("tiles"),
                tiles.product(isa, 1).named("one_row"),
                tiles.product(isa, MANY).named("many_rows"),
                tiles.experts(isa).named("tiles"),
            ]);
        }
        cases
    };
    let products = dequantize::SUPPORTED.iter().flat_map(of);
    rounding.map(quantize_rows).chain(products)
}

/// Matrices of one type below one another: one for each expert, or so many rows of them as are wanted.
struct Matrices {
    dtype: DType,
    has_tiles: bool,
    /// As a file has them.
    raw: Vec<u8>,
    /// What the elements mean.
    values: Vec<f64>,
}

impl Matrices {
    fn new(dtype: DType, has_tiles: bool) -> Self {
        let n_blocks = EXPERTS * EXPERT_ROWS * COLS / dtype.block_elems();
        let raw = samples::blocks(1, dtype, n_blocks);
        let values = dequantize::reference::dequantize(dtype, &raw).unwrap_or_default();
        Matrices {
            dtype,
            has_tiles,
            values: doubles(&values),
            raw,
        }
    }

    /// So many rows, as a weight of these dimensions.
    fn weight(&self, rows: usize, dims: &[usize]) -> Value {
        let bytes = self.raw.len() / (EXPERTS * EXPERT_ROWS) * rows;
        let weight = packed(self.dtype, [rows, COLS], &self.raw[..bytes], self.has_tiles);
        Value::weight(dims, weight)
    }

    /// What tiles may have rounded, as a share of an element.
    fn rounding(&self) -> f64 {
        match (self.has_tiles, self.dtype) {
            (true, DType::IQ4_XS) => HALF_ROUNDING,
            _ => 0.0,
        }
    }

    /// Rows of activations, as this weight wants them.
    fn activations(&self, isa: Isa, rows: usize) -> Value {
        let x = Value::random(2, &[rows, COLS], SCALE);
        match TileFormat::for_dtype(self.dtype, COLS).filter(|_| self.has_tiles) {
            Some(format) => {
                let blocks = format.activations();
                answers(&QuantizeRows { blocks }, &mut [x], isa).remove(0)
            }
            None => x,
        }
    }

    /// What a product of these elements may be off: `product` computes it.
    fn want(&self, x: &Value, product: impl Fn(&[f64], &[f64]) -> Vec<f64>) -> Want {
        let x = x.numbers();
        let magnitudes = |values: &[f64]| values.iter().map(|v| v.abs()).collect::<Vec<_>>();
        let sizes = product(&magnitudes(&x), &magnitudes(&self.values));
        let share = SUM_OF_PRODUCTS + self.rounding();
        let allowed = sizes
            .into_iter()
            .map(|size| share * size + 2.0 * SUM_OF_PRODUCTS);
        Want::new(product(&x, &self.values), allowed.collect())
    }

    /// A product of so many rows.
    fn product(&self, isa: Isa, rows: usize) -> Case {
        let x = self.activations(isa, rows);
        let want = self.want(&x, |x, w| matmul(x, &w[..ROWS * COLS], COLS));
        let inputs = vec![x, self.weight(ROWS, &[ROWS, COLS])];
        Case::new(MatMul::default(), inputs, vec![want]).of(self.dtype)
    }

    /// A product with chosen experts.
    fn experts(&self, isa: Isa) -> Case {
        let [t, n_used] = [CHOSEN.len(), CHOSEN[0].len()];
        let x = self.activations(isa, t);
        let ids = CHOSEN.as_flattened();
        let want = self.want(&x, |x, w| {
            let experts = Experts {
                w,
                bias: None,
                n: EXPERT_ROWS,
                k: COLS,
            };
            expert_matmul(x, n_used, experts, ids)
        });
        let dims = [EXPERTS, EXPERT_ROWS, COLS];
        let inputs = vec![
            x,
            self.weight(EXPERTS * EXPERT_ROWS, &dims),
            Value::integers(&[t, n_used], ids),
        ];
        Case::new(ExpertMatMul::default(), inputs, vec![want]).of(self.dtype)
    }

    /// Rows by number, from one of the layouts.
    fn embed(&self, layout: &str) -> Case {
        let ids = [7, 0, ROWS as i32 - 1];
        let values: Vec<f32> = self.values.iter().map(|&v| v as f32).collect();
        let want = doubles(&embed::reference::embed(&ids, &values, COLS));
        let allowed = want.iter().map(|v| self.rounding() * v.abs()).collect();
        let inputs = vec![
            Value::integers(&[ids.len()], &ids),
            self.weight(ROWS, &[ROWS, COLS]),
        ];
        let want = Want::new(want, allowed);
        Case::new(Embed, inputs, vec![want])
            .of(self.dtype)
            .named(layout)
    }
}

/// Activations in 8 bits.
fn quantize_rows(blocks: Blocks) -> Case {
    let x = Value::random(1, &[MANY, COLS], SCALE);
    let elements = x.singles();
    let (scales, codes) = quantize(&elements, blocks.elems());
    let (mut values, mut allowed) = (Vec::new(), Vec::new());
    for (i, (&x, code)) in elements.iter().zip(codes).enumerate() {
        let exact = scales[i / blocks.elems()];
        let scale = match blocks {
            Blocks::Of32 => eleven_bits(exact),
            Blocks::Of256 => exact,
        };
        let quotient = (f64::from(x) / exact).abs();
        let is_tie = (quotient.fract() - 0.5).abs() < NEAR_TIE;
        let value = f64::from(code) * scale;
        values.push(value);
        allowed.push(SCALE_ROUNDING * value.abs() + if is_tie { scale } else { 0.0 });
    }
    Case::new(
        QuantizeRows { blocks },
        vec![x],
        vec![Want::new(values, allowed)],
    )
    .named(format!("{blocks:?}"))
}
