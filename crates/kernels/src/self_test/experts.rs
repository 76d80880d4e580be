//! The choice of experts, and the sum of what they give. Their products are among the products.

use super::case::{Case, Want};
use super::value::Value;
use crate::expert_sum::{self, ExpertSum};
use crate::route::{self, Route};
use crate::tolerance::REORDERED_F32;

/// Tokens, experts, and experts that a token uses.
const TOKENS: usize = 5;
const EXPERTS: usize = 60;
const USED: usize = 4;
/// Elements of what an expert gives: no whole number of vectors.
const COLS: usize = 1003;

/// The questions.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let all: [fn() -> Case; 2] = [route, expert_sum];
    all.into_iter().map(|case| case())
}

fn route() -> Case {
    let op = Route {
        n_used: USED,
        scaled: false,
    };
    let logits = Value::random(1, &[TOKENS, EXPERTS], 4.0);
    let (ids, weights) = route::reference::route(&logits.singles(), None, EXPERTS, USED);
    let want = vec![
        Want::exactly(ids.into_iter().map(f64::from).collect()),
        Want::within(REORDERED_F32, weights),
    ];
    Case::new(op, vec![logits], want)
}

fn expert_sum() -> Case {
    let x = Value::random(1, &[TOKENS, USED, COLS], 4.0);
    let weights = Value::random(2, &[TOKENS, USED], 1.0);
    let (rows, factors) = (x.singles(), weights.singles());
    let want = expert_sum::reference::expert_sum(&rows, COLS, &factors, USED);
    let want = Want::within(expert_sum::reference::SUMS, want);
    Case::new(ExpertSum, vec![x, weights], vec![want])
}
