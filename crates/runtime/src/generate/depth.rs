//! How many steps a device is given ahead: a few, and more where tokens come in bursts.
//!
//! Firefox tells what is done only ten times a second. A device that has done all its steps by then was idle meanwhile, so it
//! is given more, until a tick brings no more than were given or [`MOST`] are. Steps beyond an answer's end are computed for
//! nothing, which is why it begins with few.

/// Steps at once, to begin with.
const FIRST: usize = 4;
/// At most.
const MOST: usize = 16;
/// A wait that may be for such a tick, and the share that it then has of all waits of a round of steps.
const TICK_SECONDS: f64 = 0.05;
const TICK_SHARE: f64 = 0.6;

/// The number of steps, and the waits for the tokens of a round: as many as there are steps.
#[derive(Debug)]
pub(super) struct Depth {
    steps: usize,
    most: usize,
    tokens: usize,
    seconds: f64,
    longest: f64,
}

impl Depth {
    /// To begin with; a device that cannot go back is given one step at a time.
    pub(super) fn new(goes_back: bool) -> Self {
        let most = if goes_back { MOST } else { 1 };
        Depth {
            steps: FIRST.min(most),
            most,
            tokens: 0,
            seconds: 0.0,
            longest: 0.0,
        }
    }

    /// Steps at once.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Count the wait for a token.
    pub(super) fn waited(&mut self, seconds: f64) {
        self.tokens += 1;
        self.seconds += seconds;
        self.longest = self.longest.max(seconds);
        if self.tokens < self.steps {
            return;
        }
        let is_burst = self.longest > TICK_SECONDS && self.longest > TICK_SHARE * self.seconds;
        if is_burst {
            self.steps = (2 * self.steps).min(self.most);
        }
        (self.tokens, self.seconds, self.longest) = (0, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(goes_back: bool, waits: impl IntoIterator<Item = f64>) -> usize {
        let mut depth = Depth::new(goes_back);
        waits.into_iter().for_each(|seconds| depth.waited(seconds));
        depth.steps()
    }

    #[test]
    fn bursts_deepen_and_an_even_pace_does_not() {
        let tick = |n: usize| std::iter::once(0.1).chain(std::iter::repeat_n(0.0, n - 1));
        assert_eq!(after(true, tick(4)), 8);
        assert_eq!(after(true, tick(4).chain(tick(8)).chain(tick(16))), MOST);
        assert_eq!(after(true, [0.1; 40]), FIRST);
        assert_eq!(after(true, tick(4).map(|seconds| seconds / 10.0)), FIRST);
        assert_eq!(after(false, [0.1; 9]), 1);
    }
}
