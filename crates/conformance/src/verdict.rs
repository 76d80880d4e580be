//! What is made of a backend's outputs: measured, compared, and held against what is expected.

use serde::{Deserialize, Serialize};

use crate::backend::{Backend, Output};
use crate::case::{Arithmetic, Bound, Case, Prompt, Results, Row};
use crate::expected::{EXPECTED, Expected};
use crate::failure::Failure;
use crate::reference::{max_abs, rms};

/// One cell of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It agrees; the worst of what was measured, in the unit of the bound.
    Agrees(String),
    /// It is not compared, for this reason.
    NotCompared(String),
    /// It fails, as expected, for this reason.
    ExpectedFailure(String),
    /// It fails, and nobody expected it.
    Failed(String),
    /// It agrees, though it is on the list of expected failures for this reason.
    UnexpectedPass(String),
}

impl Verdict {
    /// Whether a suite passes with it.
    pub fn is_fine(&self) -> bool {
        !matches!(self, Verdict::Failed(_) | Verdict::UnexpectedPass(_))
    }
}

/// Run a case on a backend, compare what it gives, and look whether that was expected.
pub fn check(case: &Case, arithmetic: Arithmetic, backend: &Backend) -> Verdict {
    if let (Some(reason), Arithmetic::Fast) = (case.exact_only, arithmetic) {
        return Verdict::NotCompared(reason.to_owned());
    }
    let outputs = backend.run(case, arithmetic);
    let outcome = judge(case, arithmetic, backend.share(case).1, outputs);
    let name = backend.to_string();
    let mut list = EXPECTED.iter();
    against(outcome, list.find(|e| e.is_about(case, arithmetic, &name)))
}

/// An outcome in the light of what is expected.
fn against(outcome: Result<String, String>, expected: Option<&Expected>) -> Verdict {
    match (outcome, expected) {
        (Ok(measured), None) => Verdict::Agrees(measured),
        (Ok(_), Some(expected)) => Verdict::UnexpectedPass(expected.reason.to_owned()),
        (Err(_), Some(expected)) => Verdict::ExpectedFailure(expected.reason.to_owned()),
        (Err(why), None) => Verdict::Failed(why),
    }
}

/// The worst of all prompts, or why they do not agree.
fn judge(
    case: &Case,
    arithmetic: Arithmetic,
    n_greedy: usize,
    outputs: Result<Vec<Output>, Failure>,
) -> Result<String, String> {
    let outputs = outputs.map_err(|failure| failure.to_string())?;
    let mut worst: Option<Measured> = None;
    for (index, (prompt, output)) in case.prompts.iter().zip(&outputs).enumerate() {
        let at = |why: String| format!("prompt {index}: {why}");
        let measured = judge_prompt(prompt, arithmetic, n_greedy, output).map_err(at)?;
        worst = Some(worst.map_or(measured, |worst| worst.worse(measured)));
    }
    let worst = worst.ok_or("no prompt was computed")?;
    Ok(worst.to_string())
}

fn judge_prompt(
    prompt: &Prompt,
    arithmetic: Arithmetic,
    n_greedy: usize,
    output: &Output,
) -> Result<Measured, String> {
    let wanted = prompt.wanted(arithmetic);
    let measured = measure(wanted.bound, &wanted.results, &output.rows)?;
    measured.check()?;
    let greedy = &wanted.greedy[..wanted.greedy.len().min(n_greedy)];
    if let Some(at) = (0..greedy.len()).find(|&i| output.greedy.get(i) != greedy.get(i)) {
        return Err(format!(
            "greedy token {at} is {:?}, expected {:?}",
            output.greedy.get(at),
            greedy[at]
        ));
    }
    if let (Some(wanted), Some(got)) = (&wanted.decoded, &output.decoded) {
        let after = Measured {
            bound: Bound::MaxAbs(wanted.tolerance),
            value: difference(got, &wanted.logits)?,
        };
        after
            .check()
            .map_err(|why| format!("after decoding: {why}"))?;
    }
    Ok(measured)
}

/// A difference and its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measured {
    bound: Bound,
    value: f32,
}

impl Measured {
    fn is_within(&self) -> bool {
        match self.bound {
            Bound::MaxAbs(most) | Bound::Rms(most) => self.value <= most,
            Bound::Cosine(least) => self.value >= least,
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.is_within() {
            return Ok(());
        }
        let why = match self.bound {
            Bound::MaxAbs(most) => format!("differs by {}, more than {most}", self.value),
            Bound::Rms(most) => format!("root mean square {}, more than {most}", self.value),
            Bound::Cosine(least) => format!("cosine {}, less than {least}", self.value),
        };
        Err(why)
    }

    fn worse(self, other: Measured) -> Measured {
        let is_cosine = matches!(self.bound, Bound::Cosine(_));
        let other_is_worse = (other.value > self.value) != is_cosine;
        if other_is_worse { other } else { self }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.bound {
            Bound::MaxAbs(_) => write!(f, "{:.0e}", self.value),
            Bound::Rms(_) => write!(f, "{:.3}", self.value),
            Bound::Cosine(_) => write!(f, "cos {:.4}", self.value),
        }
    }
}

/// All rows together, in the unit of the bound; of an embedding the worse of its two forms.
fn measure(bound: Bound, results: &Results, rows: &[Vec<f32>]) -> Result<Measured, String> {
    let values = match results {
        Results::Logits(wanted) => {
            if rows.len() != wanted.len() {
                let (found, wanted) = (rows.len(), wanted.len());
                return Err(format!("{found} rows of logits, not {wanted}"));
            }
            let (mut all, mut all_wanted) = (Vec::new(), Vec::new());
            for (row, (_, wanted)) in rows.iter().zip(wanted) {
                let (row, wanted) = told(row, wanted)?;
                all.extend(row);
                all_wanted.extend(wanted);
            }
            vec![unit_of(bound, &all, &all_wanted)?]
        }
        // A backend may tell the normalised embedding alone, which stands last.
        Results::Embedding { pooled, normalised } => {
            let wanted = [normalised, pooled].into_iter();
            let pairs = rows.iter().rev().zip(wanted);
            let values = pairs.map(|(row, wanted)| unit_of(bound, row, wanted));
            values.collect::<Result<_, _>>()?
        }
    };
    let measured = values.into_iter().map(|value| Measured { bound, value });
    measured
        .reduce(Measured::worse)
        .ok_or("no result".to_owned())
}

/// Those logits of a row that the reference tells, and the reference's.
fn told(row: &[f32], wanted: &Row) -> Result<(Vec<f32>, Vec<f32>), String> {
    match wanted {
        Row::All(wanted) if wanted.len() != row.len() => {
            Err(format!("{} logits, not {}", row.len(), wanted.len()))
        }
        Row::All(wanted) => Ok((row.to_vec(), wanted.clone())),
        Row::Some(pairs) => {
            let found = pairs.iter().map(|&(id, _)| row.get(id).copied());
            let found: Option<Vec<f32>> = found.collect();
            let found = found.ok_or_else(|| format!("a row of {} logits", row.len()))?;
            Ok((found, pairs.iter().map(|&(_, logit)| logit).collect()))
        }
    }
}

fn unit_of(bound: Bound, got: &[f32], wanted: &[f32]) -> Result<f32, String> {
    let worst = difference(got, wanted)?;
    Ok(match bound {
        Bound::MaxAbs(_) => worst,
        Bound::Rms(_) => rms(got, wanted),
        Bound::Cosine(_) => cosine(got, wanted),
    })
}

/// The largest difference of rows that must be equally long.
fn difference(got: &[f32], wanted: &[f32]) -> Result<f32, String> {
    if got.len() != wanted.len() {
        return Err(format!("{} results, not {}", got.len(), wanted.len()));
    }
    Ok(max_abs(got, wanted))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
        products.sum()
    };
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(bound: Bound, value: f32) -> Measured {
        Measured { bound, value }
    }

    #[test]
    fn nan_is_never_within_a_bound() {
        let rows = [vec![f32::NAN, 1.0]];
        let wanted = Results::Logits(vec![(0, Row::All(vec![0.0, 1.0]))]);
        for bound in [Bound::MaxAbs(1.0), Bound::Rms(1.0), Bound::Cosine(0.1)] {
            let measured = measure(bound, &wanted, &rows).expect("as many rows as wanted");
            assert!(measured.check().is_err(), "{bound:?}");
        }
    }

    #[test]
    fn the_worse_is_the_larger_difference_and_the_smaller_cosine() {
        let [max, cos] = [Bound::MaxAbs(1.0), Bound::Cosine(0.9)];
        let worst = measured(max, 0.25).worse(measured(max, 0.5));
        assert_eq!(worst.value, 0.5);
        let worst = measured(cos, 0.95).worse(measured(cos, 0.99));
        assert_eq!(worst.value, 0.95);
    }

    #[test]
    fn rows_and_elements_that_are_missing_are_failures() {
        let wanted = Results::Logits(vec![(0, Row::All(vec![0.0, 1.0]))]);
        assert!(measure(Bound::MaxAbs(1.0), &wanted, &[]).is_err());
        assert!(measure(Bound::MaxAbs(1.0), &wanted, &[vec![0.0]]).is_err());
        let some = Results::Logits(vec![(0, Row::Some(vec![(5, 1.0)]))]);
        assert!(measure(Bound::MaxAbs(1.0), &some, &[vec![0.0]]).is_err());
    }

    #[test]
    fn an_unexpected_pass_is_not_fine() {
        let expected = Expected {
            reason: "not written yet",
            ..Expected::ANYTHING
        };
        let pass = against(Ok("1e-5".into()), Some(&expected));
        assert_eq!(pass, Verdict::UnexpectedPass("not written yet".into()));
        assert!(!pass.is_fine());
        let fail = against(Err("unknown".into()), Some(&expected));
        assert_eq!(fail, Verdict::ExpectedFailure("not written yet".into()));
        assert!(fail.is_fine());
        assert!(!against(Err("unknown".into()), None).is_fine());
        assert!(against(Ok("1e-5".into()), None).is_fine());
    }
}
