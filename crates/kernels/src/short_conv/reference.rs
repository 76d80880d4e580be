//! The formula, in `f64`, with the whole history of each sequence in a list.

use crate::tolerance::Tolerance;

/// Up to four terms within ±4, which may cancel.
pub(crate) const SHORT_SUM: Tolerance = Tolerance {
    abs: 2e-6,
    rel: 2e-6,
};

/// The state afterwards and the convolved tokens.
pub fn short_conv(
    [n_sequences, before, channels]: [usize; 3],
    state: &[f32],
    x: &[f32],
    weight: &[f32],
    [positions, sequences]: [&[usize]; 2],
) -> (Vec<f32>, Vec<f64>) {
    let taps = before + 1;
    // Inputs of each sequence, oldest first.
    let mut history: Vec<Vec<Vec<f32>>> = (0..n_sequences)
        .map(|s| {
            let rows = (0..before).map(|j| (s * before + j) * channels);
            rows.map(|at| state[at..at + channels].to_vec()).collect()
        })
        .collect();
    let mut y = Vec::new();
    for (i, (&position, &sequence)) in positions.iter().zip(sequences).enumerate() {
        let inputs = &mut history[sequence];
        if position == 0 {
            *inputs = vec![vec![0.0; channels]; before];
        }
        inputs.push(x[i * channels..(i + 1) * channels].to_vec());
        let window = &inputs[inputs.len() - taps..];
        for c in 0..channels {
            let terms =
                (0..taps).map(|j| f64::from(weight[c * taps + j]) * f64::from(window[j][c]));
            y.push(terms.sum());
        }
    }
    let last = history.iter().flat_map(|h| &h[h.len() - before..]);
    (last.flatten().copied().collect(), y)
}
