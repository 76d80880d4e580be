//! Text that has come and is not yet understood.

/// Whether text begins with a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Yes,
    No,
    /// So far it does.
    Perhaps,
}

/// Text that waits. What is taken from it can be recorded, to be given back as content.
#[derive(Debug, Default)]
pub(super) struct Held {
    text: String,
    /// Start of what is not taken yet.
    at: usize,
    record: Option<String>,
    /// No more text will come.
    pub(super) ended: bool,
}

impl Held {
    pub(super) fn push(&mut self, text: &str) {
        if self.at > 0 {
            self.text.drain(..self.at);
            self.at = 0;
        }
        self.text.push_str(text);
    }

    /// What waits.
    pub(super) fn text(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text().chars().next()
    }

    /// Takes `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> &str {
        let end = self.at.saturating_add(len).min(self.text.len());
        let taken = self.text.get(self.at..end).unwrap_or_default();
        if let Some(record) = &mut self.record {
            record.push_str(taken);
        }
        self.at = end;
        taken
    }

    /// Takes one character.
    pub(super) fn skip(&mut self) {
        self.take(self.peek().map_or(0, char::len_utf8));
    }

    /// Takes white space.
    pub(super) fn skip_white_space(&mut self) {
        self.take(self.text().len() - self.text().trim_start().len());
    }

    /// Takes `mark` if the text begins with it.
    pub(super) fn take_mark(&mut self, mark: &str) -> Begins {
        let begins = self.begins_with(mark);
        if begins == Begins::Yes {
            self.take(mark.len());
        }
        begins
    }

    pub(super) fn begins_with(&self, mark: &str) -> Begins {
        if self.text().starts_with(mark) {
            Begins::Yes
        } else if mark.starts_with(self.text()) && !self.ended {
            Begins::Perhaps
        } else {
            Begins::No
        }
    }

    /// The first of `marks` in the text: where, and which. Without one, how much of the text is surely before any.
    pub(super) fn find(&self, marks: &[&str]) -> Result<(usize, usize), usize> {
        let text = self.text();
        let found = (0..)
            .zip(marks)
            .filter_map(|(which, mark)| Some((text.find(mark)?, which)));
        // Of several that begin at a place, the first listed counts.
        let found = found.min();
        let open = if self.ended {
            text.len()
        } else {
            open_from(text, marks)
        };
        match found {
            Some((at, which)) if at <= open => Ok((at, which)),
            _ => Err(open),
        }
    }

    /// Records what is taken from now on.
    pub(super) fn record(&mut self) {
        self.record = Some(String::new());
    }

    /// Ends the record, and gives it.
    pub(super) fn recorded(&mut self) -> String {
        self.record.take().unwrap_or_default()
    }
}

/// Where the longest end of `text` begins that is the beginning of a mark, and not all of it.
fn open_from(text: &str, marks: &[&str]) -> usize {
    let longest = marks.iter().map(|mark| mark.len()).max().unwrap_or(1);
    let from = text.len().saturating_sub(longest.saturating_sub(1));
    let is_open = |at: &usize| {
        text.get(*at..).is_some_and(|end| {
            marks
                .iter()
                .any(|mark| mark.len() > end.len() && mark.starts_with(end))
        })
    };
    (from..text.len()).find(is_open).unwrap_or(text.len())
}
