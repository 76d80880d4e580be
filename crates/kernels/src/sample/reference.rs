//! The choice by a sorted list, in `f64`.

use super::Settings;

/// A choice, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// The token.
    pub id: u32,
    /// How near, in probability, a sum came to a border, beyond which another token would be chosen. Rounding may make the difference there.
    pub margin: f64,
}

/// Choose by `logits` after the tokens `seen`, oldest first, with `draw` from 0 to below 1.
pub fn choose(logits: &[f32], settings: &Settings, seen: &[u32], draw: f32) -> Chosen {
    let logits = adjusted(logits, settings, seen);
    let mut all: Vec<(u32, f32)> = (0..).zip(logits).filter(|(_, l)| !l.is_nan()).collect();
    if settings.is_greedy() {
        // Equal logits stay in the order of their ids.
        all.retain(|(_, l)| *l > f32::NEG_INFINITY);
        let largest = all.iter().fold(f32::NEG_INFINITY, |m, (_, l)| m.max(*l));
        let id = all.iter().find(|(_, l)| *l == largest).map_or(0, |t| t.0);
        return Chosen { id, margin: 1.0 };
    }
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    if settings.top_k > 0 {
        all.truncate(settings.top_k);
    }
    let mut margin = 1.0f64;
    let mut near = |distance: f64| margin = margin.min(distance.abs());
    if settings.top_p < 1.0 {
        let p = probabilities(&all, 1.0);
        let (kept, mut sum) = (f64::from(settings.top_p), 0.0);
        let end = p.iter().position(|p| {
            sum += p;
            near(sum - kept);
            sum >= kept
        });
        all.truncate(end.map_or(all.len(), |end| end + 1));
    }
    let p = probabilities(&all, 1.0);
    let least = p.first().map_or(0.0, |p| p * f64::from(settings.min_p));
    if settings.min_p > 0.0 {
        p.iter().skip(1).for_each(|p| near(p - least));
    }
    let mut p = p.iter();
    all.retain(|_| p.next().is_some_and(|&p| p >= least));
    let draw = f64::from(draw);
    let mut sum = 0.0;
    for (token, p) in all
        .iter()
        .zip(probabilities(&all, f64::from(settings.temperature)))
    {
        sum += p;
        near(sum - draw);
        if sum > draw {
            return Chosen {
                id: token.0,
                margin,
            };
        }
    }
    Chosen {
        id: all.last().map_or(0, |token| token.0),
        margin,
    }
}

fn adjusted(logits: &[f32], settings: &Settings, seen: &[u32]) -> Vec<f32> {
    let mut logits = logits.to_vec();
    for &(id, bias) in &settings.logit_bias {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit += bias;
        }
    }
    if !settings.penalizes() {
        return logits;
    }
    let window = &seen[seen.len().saturating_sub(settings.penalty_window)..];
    for (i, &id) in window.iter().enumerate() {
        let Some(logit) = logits.get_mut(id as usize) else {
            continue;
        };
        *logit -= settings.frequency_penalty;
        if !window[..i].contains(&id) {
            *logit -= settings.presence_penalty;
            let factor = settings.repetition_penalty;
            *logit = if *logit > 0.0 {
                *logit / factor
            } else {
                *logit * factor
            };
        }
    }
    logits
}

fn probabilities(tokens: &[(u32, f32)], temperature: f64) -> Vec<f64> {
    let logits = tokens.iter().map(|t| f64::from(t.1) / temperature);
    let largest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let weights = logits.map(|l| {
        if l == largest {
            1.0
        } else {
            (l - largest).exp()
        }
    });
    let weights: Vec<f64> = weights.collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}
