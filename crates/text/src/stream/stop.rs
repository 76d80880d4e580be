//! Stop strings in text that is still growing: no part of one is ever shown.

/// What [`StopMatcher::push`] lets through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emit {
    /// Text that is safe to show.
    pub text: String,
    /// Whether a stop string was met. What follows it is dropped, and so is all that is pushed from then on.
    pub stopped: bool,
}

/// Holds text back as long as it may be the beginning of a stop string.
///
/// The match that counts is the one that begins first; of several that begin there, the shortest. Text is held back only
/// while an earlier match is still possible, so what is shown does not depend on how the text was cut into pieces.
#[derive(Debug, Clone, Default)]
pub struct StopMatcher {
    stops: Vec<String>,
    held: String,
    stopped: bool,
}

impl StopMatcher {
    /// A matcher for `stops`; empty strings never match.
    pub fn new(stops: impl IntoIterator<Item = String>) -> Self {
        let stops = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
        StopMatcher {
            stops,
            held: String::new(),
            stopped: false,
        }
    }

    /// Takes the next piece of text.
    pub fn push(&mut self, text: &str) -> Emit {
        if self.stopped {
            return Emit {
                text: String::new(),
                stopped: true,
            };
        }
        self.held.push_str(text);
        if let Some(at) = self
            .stops
            .iter()
            .filter_map(|stop| self.held.find(stop.as_str()))
            .min()
        {
            // A stop string that begins earlier and is not yet complete may still win.
            if self.open_from().is_none_or(|open| open >= at) {
                self.stopped = true;
                self.held.truncate(at);
                return Emit {
                    text: std::mem::take(&mut self.held),
                    stopped: true,
                };
            }
        }
        let open = self.open_from().unwrap_or(self.held.len());
        let rest = self.held.split_off(open);
        Emit {
            text: std::mem::replace(&mut self.held, rest),
            stopped: false,
        }
    }

    /// Ends the text: what was held back is no stop string, unless a complete one is in it.
    pub fn flush(&mut self) -> Emit {
        let held = std::mem::take(&mut self.held);
        let stop = self
            .stops
            .iter()
            .filter_map(|stop| held.find(stop.as_str()))
            .min();
        self.stopped |= stop.is_some();
        let text = held
            .get(..stop.unwrap_or(held.len()))
            .unwrap_or_default()
            .to_owned();
        Emit {
            text,
            stopped: self.stopped,
        }
    }

    /// Whether a stop string was met.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Where the longest suffix of the held text begins that is the beginning of a stop string, and not all of it.
    fn open_from(&self) -> Option<usize> {
        let longest = self.stops.iter().map(String::len).max()?;
        let from = self.held.len().saturating_sub(longest.saturating_sub(1));
        let is_open = |at: &usize| {
            let suffix = self.held.get(*at..);
            suffix.is_some_and(|suffix| {
                self.stops
                    .iter()
                    .any(|stop| stop.len() > suffix.len() && stop.starts_with(suffix))
            })
        };
        (from..self.held.len()).find(is_open)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher(stops: &[&str]) -> StopMatcher {
        StopMatcher::new(stops.iter().map(|&stop| stop.to_owned()))
    }

    /// The specification: the first match by where it begins, else all of the text.
    fn whole(text: &str, stops: &[&str]) -> (String, bool) {
        match stops
            .iter()
            .filter(|stop| !stop.is_empty())
            .filter_map(|stop| text.find(stop))
            .min()
        {
            Some(at) => (text[..at].to_owned(), true),
            None => (text.to_owned(), false),
        }
    }

    #[test]
    fn no_part_of_a_stop_string_is_shown() {
        let mut matcher = matcher(&["###", "</s>"]);
        assert_eq!(
            matcher.push("a #"),
            Emit {
                text: "a ".into(),
                stopped: false
            }
        );
        assert_eq!(
            matcher.push("#"),
            Emit {
                text: "".into(),
                stopped: false
            }
        );
        assert_eq!(
            matcher.push(" b</"),
            Emit {
                text: "## b".into(),
                stopped: false
            }
        );
        assert_eq!(
            matcher.push("s>c"),
            Emit {
                text: "".into(),
                stopped: true
            }
        );
        assert_eq!(
            matcher.push("d"),
            Emit {
                text: "".into(),
                stopped: true
            }
        );
        assert_eq!(
            matcher.flush(),
            Emit {
                text: "".into(),
                stopped: true
            }
        );
    }

    #[test]
    fn what_was_held_comes_at_the_end() {
        let mut matcher = matcher(&["stop", ""]);
        assert_eq!(matcher.push("st").text, "");
        assert_eq!(
            matcher.flush(),
            Emit {
                text: "st".into(),
                stopped: false
            }
        );
    }

    #[test]
    fn an_earlier_match_that_is_not_complete_yet_wins() {
        let mut matcher = matcher(&["abcd", "bc"]);
        assert_eq!(
            matcher.push("xabc"),
            Emit {
                text: "x".into(),
                stopped: false
            }
        );
        assert_eq!(
            matcher.clone().push("d"),
            Emit {
                text: "".into(),
                stopped: true
            }
        );
        assert_eq!(
            matcher.clone().push("e"),
            Emit {
                text: "a".into(),
                stopped: true
            }
        );
        assert_eq!(
            matcher.flush(),
            Emit {
                text: "a".into(),
                stopped: true
            }
        );
    }

    proptest! {
        #[test]
        fn text_does_not_depend_on_chunks(
            text in "[abé]{0,30}",
            stops in prop::collection::vec("[abé]{0,5}", 0..4),
            chunks in prop::collection::vec(0usize..4, 0..40),
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let mut matcher = matcher(&stops);
            let (mut out, mut stopped) = (String::new(), false);
            let mut chars = text.chars();
            let pieces: Vec<String> = chunks.iter().map(|&len| chars.by_ref().take(len).collect()).collect();
            for piece in pieces.iter().map(String::as_str).chain([chars.as_str()]) {
                let emit = matcher.push(piece);
                out += &emit.text;
                stopped |= emit.stopped;
                // Nothing shown may have to be taken back.
                prop_assert!(whole(&text, &stops).0.starts_with(&out));
            }
            let last = matcher.flush();
            prop_assert_eq!((out + &last.text, stopped | last.stopped), whole(&text, &stops));
        }
    }
}
