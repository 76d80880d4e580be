//! What can be wrong with a chat template, or with what it is given.

use std::error::Error as _;
use std::fmt;

use thiserror::Error;

/// A template that cannot be used, or did not render.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template is longer than any real one.
    #[error("the chat template has {bytes} bytes; at most {limit} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// The template is not valid Jinja.
    #[error("the chat template is not valid{}: {}", Line(*.line), Detail(.source))]
    Syntax {
        /// Where, counted from 1.
        line: Option<usize>,
        /// What the parser says.
        source: Box<minijinja::Error>,
    },
    /// The template uses a part of Jinja that chat templates have no use for.
    #[error("the chat template uses {what}{}, which chat templates may not", Line(*.line))]
    Unsupported {
        /// The part.
        what: &'static str,
        /// Where, counted from 1.
        line: Option<usize>,
    },
    /// The template itself refused the conversation, with `raise_exception`.
    #[error("the chat template refuses this conversation{}: {message}", Line(*.line))]
    Raised {
        /// The template's own words.
        message: String,
        /// Where, counted from 1.
        line: Option<usize>,
    },
    /// The template was stopped: it does more than any real one.
    #[error("the chat template was stopped{}: {limit}", Line(*.line))]
    Limit {
        /// Which limit it met.
        limit: TemplateLimit,
        /// Where, counted from 1.
        line: Option<usize>,
    },
    /// The template failed: a filter that does not exist, an attribute of nothing, a wrong type.
    #[error("the chat template failed{}: {}", Line(*.line), Detail(.source))]
    Render {
        /// Where, counted from 1.
        line: Option<usize>,
        /// What happened.
        source: Box<minijinja::Error>,
    },
}

/// The limits that templates run under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateLimit {
    /// Instructions of the template engine.
    #[error("it takes too many steps (does it loop forever?)")]
    Steps,
    /// Bytes and values touched by filters, operators and output together.
    #[error("it processes or builds too much data")]
    Work,
    /// Bytes of output, captured output included.
    #[error("its output is too long")]
    Output,
    /// Values inside values, or calls inside calls.
    #[error("it nests too deeply")]
    Depth,
}

/// What `raise_exception` was called with, on its way through the engine.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

impl TemplateError {
    /// Sorts an error of the engine while it parsed.
    pub(super) fn from_parser(error: minijinja::Error) -> Self {
        TemplateError::Syntax {
            line: error.line(),
            source: Box::new(error),
        }
    }

    /// Sorts an error of the engine while it ran.
    pub(super) fn from_engine(error: minijinja::Error) -> Self {
        let mut line = error.line();
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if let Some(Raised(message)) = inner.downcast_ref() {
                return TemplateError::Raised {
                    message: message.clone(),
                    line,
                };
            }
            if let Some(&limit) = inner.downcast_ref::<TemplateLimit>() {
                return TemplateError::Limit { limit, line };
            }
            if let Some(engine) = inner.downcast_ref::<minijinja::Error>() {
                line = engine.line().or(line);
                if engine.kind() == minijinja::ErrorKind::OutOfFuel {
                    return TemplateError::Limit {
                        limit: TemplateLimit::Steps,
                        line,
                    };
                }
                if engine
                    .detail()
                    .is_some_and(|detail| detail.contains("recursion limit"))
                {
                    return TemplateError::Limit {
                        limit: TemplateLimit::Depth,
                        line,
                    };
                }
            }
            cause = inner.source();
        }
        TemplateError::Render {
            line,
            source: Box::new(error),
        }
    }
}

impl From<TemplateLimit> for minijinja::Error {
    fn from(limit: TemplateLimit) -> Self {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "limit reached")
            .with_source(limit)
    }
}

/// ` in line 7`, or nothing.
struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(f, " in line {line}"),
            None => Ok(()),
        }
    }
}

/// The engine's message and those below it, without its own place names.
struct Detail<'a>(&'a minijinja::Error);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind())?;
        if let Some(detail) = self.0.detail() {
            write!(f, ": {detail}")?;
        }
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            match inner
                .downcast_ref::<minijinja::Error>()
                .map(|engine| engine.detail())
            {
                Some(detail) => write!(f, ": {}", detail.unwrap_or_default())?,
                None => write!(f, ": {inner}")?,
            }
            cause = inner.source();
        }
        Ok(())
    }
}
