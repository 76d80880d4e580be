//! CPU routing: one scan of the logits for each expert used, so that nothing needs to be stored or sorted: experts are
//! many, those used are few.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes;
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct RouteKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for RouteKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let [ids, weights] = outputs else {
            panic!("route: outputs are ids and weights");
        };
        self.isa.run(Call {
            logits: inputs[0].f32(),
            n_experts: inputs[0].cols(),
            scale: inputs.get(1).map(Operand::f32),
            ids: ids.i32(),
            weights: weights.f32(),
        });
    }
}

struct Call<'c, 'a> {
    logits: &'c [f32],
    n_experts: usize,
    scale: Option<&'c [f32]>,
    ids: &'c mut TileMut<'a, i32>,
    weights: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for row in self.ids.rows() {
            let logits = &self.logits[row * self.n_experts..][..self.n_experts];
            let weights = self.weights.row(row);
            choose(logits, self.ids.row(row), weights);
            softmax(simd, weights);
            if let Some(scale) = self.scale {
                for (weight, &id) in weights.iter_mut().zip(self.ids.row(row).iter()) {
                    *weight *= scale[id as usize];
                }
            }
            if logits.iter().any(|logit| logit.is_nan()) {
                weights.fill(f32::NAN);
            }
        }
    }
}

/// The columns of the largest logits, and these logits.
fn choose(logits: &[f32], ids: &mut [i32], chosen: &mut [f32]) {
    // What was chosen before comes before all that is left: larger, or equal and further to the left.
    let mut last: Option<(f32, usize)> = None;
    for (id, chosen) in ids.iter_mut().zip(chosen) {
        let mut best: Option<(f32, usize)> = None;
        for (i, &logit) in logits.iter().enumerate() {
            let logit = if logit.is_nan() {
                f32::NEG_INFINITY
            } else {
                logit
            };
            let is_left = last.is_none_or(|(x, j)| logit < x || logit == x && i > j);
            if is_left && best.is_none_or(|(x, _)| logit > x) {
                best = Some((logit, i));
            }
        }
        let (logit, i) = best.expect("the contract promises as many experts as are used");
        (*id, *chosen) = (i as i32, logit);
        last = best;
    }
}

/// Softmax of logits whose first one is the largest, in place.
#[inline(always)]
fn softmax<S: Simd>(simd: S, x: &mut [f32]) {
    let Some(&largest) = x.first() else {
        return;
    };
    let scale = 1.0 / lanes::exp_in_place(simd, x, largest);
    for x in x {
        *x *= scale;
    }
}
