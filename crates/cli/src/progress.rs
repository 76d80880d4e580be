//! Progress bars on standard error: only for people, and only when something takes long.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less long has no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a bar counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Bytes.
    Bytes,
    /// Tokens.
    Tokens,
}

/// A bar that appears when its work has taken a while, and vanishes when it is dropped.
pub(crate) struct Progress {
    title: &'static str,
    unit: Unit,
    total: u64,
    started: Instant,
    is_wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for `total` units of work.
    pub(crate) fn new(title: &'static str, unit: Unit, total: u64) -> Self {
        Progress {
            title,
            unit,
            total,
            started: Instant::now(),
            is_wanted: std::io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// Say how much is done.
    pub(crate) fn at(&mut self, done: u64) {
        if !self.is_wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        let started = self.started;
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr();
            ProgressBar::with_draw_target(Some(self.total), target)
                .with_style(style(self.unit))
                .with_message(self.title)
                .with_elapsed(started.elapsed())
        });
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(unit: Unit) -> ProgressStyle {
    let template = match unit {
        Unit::Bytes => "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left",
        Unit::Tokens => "{msg} [{bar:30}] {pos} of {len} tokens, {eta} left",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
