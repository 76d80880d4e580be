//! How many tokens are guessed at once. A guess adds a row to a step; a right one saves a step, a wrong one is work for
//! nothing. So guesses are paid for: right ones and tokens without a guess earn rows, wrong ones cost them. A text
//! without repetition then has no more wrong rows than one in [`TOKENS_PER_ROW`] tokens, beside the few at the start.

/// Tokens that pay for one wrong row.
const TOKENS_PER_ROW: usize = 16;
/// Rows that a right guess pays for. A step costs more than these.
const ROWS_PER_RIGHT: usize = 2;
/// Rows at the start.
const FIRST_ROWS: usize = 8;
/// Rows that can be saved up.
const MOST_ROWS: usize = 16;
/// With fewer rows than these only good guesses are worth one.
const FEW_ROWS: usize = 4;
/// Tokens guessed at first.
const FIRST_LENGTH: usize = 2;

#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// Most tokens that may be guessed at once.
    max: usize,
    /// Tokens to guess next.
    length: usize,
    /// Rows that may be wrong, in parts of [`TOKENS_PER_ROW`].
    credit: usize,
}

impl Pace {
    /// At the start of a generation that may guess `max` tokens at once.
    pub(crate) fn new(max: usize) -> Self {
        Pace {
            max,
            length: FIRST_LENGTH,
            credit: FIRST_ROWS * TOKENS_PER_ROW,
        }
    }

    /// Tokens to guess now, at most.
    pub(crate) fn allowed(&self) -> usize {
        self.length.min(self.max).min(self.credit / TOKENS_PER_ROW)
    }

    /// Whether only good guesses are worth it.
    pub(crate) fn is_scarce(&self) -> bool {
        self.credit < FEW_ROWS * TOKENS_PER_ROW
    }

    /// A step is over in which so many tokens were guessed, the first `accepted` of them rightly.
    pub(crate) fn settle(&mut self, drafted: usize, accepted: usize) {
        let wrong = drafted - accepted;
        let earned = 1 + accepted * ROWS_PER_RIGHT * TOKENS_PER_ROW;
        self.credit = self.credit.saturating_sub(wrong * TOKENS_PER_ROW) + earned;
        self.credit = self.credit.min(MOST_ROWS * TOKENS_PER_ROW);
        if wrong > 0 {
            self.length = accepted.max(1);
        } else if drafted > 0 {
            self.length = (self.length * 2).min(self.max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_guesses_make_them_longer_and_wrong_ones_shorter() {
        let mut pace = Pace::new(8);
        let mut lengths = Vec::new();
        for _ in 0..4 {
            lengths.push(pace.allowed());
            pace.settle(pace.allowed(), pace.allowed());
        }
        assert_eq!(lengths, [2, 4, 8, 8]);
        pace.settle(8, 3);
        assert_eq!(pace.allowed(), 3);
        pace.settle(3, 0);
        assert_eq!(pace.allowed(), 1);
        pace.settle(1, 1);
        assert_eq!(pace.allowed(), 2);
    }

    #[test]
    fn wrong_guesses_cost_a_row_in_many_tokens() {
        let mut pace = Pace::new(8);
        let (steps, mut wrong) = (10_000, 0);
        for _ in 0..steps {
            wrong += pace.allowed();
            pace.settle(pace.allowed(), 0);
        }
        assert!(wrong <= FIRST_ROWS + steps / TOKENS_PER_ROW, "{wrong}");
        assert!(wrong >= steps / TOKENS_PER_ROW, "{wrong}: it still tries");
    }

    #[test]
    fn rows_are_not_saved_up_for_ever() {
        let mut pace = Pace::new(8);
        for _ in 0..10_000 {
            pace.settle(0, 0);
        }
        let mut wrong = 0;
        while pace.allowed() > 0 {
            wrong += pace.allowed();
            pace.settle(pace.allowed(), 0);
        }
        assert!(wrong <= MOST_ROWS + 2, "{wrong}");
    }

    #[test]
    fn a_pace_of_nothing_guesses_nothing() {
        let mut pace = Pace::new(0);
        for _ in 0..10 {
            assert_eq!(pace.allowed(), 0);
            pace.settle(0, 0);
        }
    }
}
