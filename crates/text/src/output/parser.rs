//! The parser: text and reasoning here, calls in the family's own parser.

use super::Event;
use super::format::{OutputFormat, ToolFormat};
use super::group::{Calls, Group, Step};
use super::harmony::Harmony;
use super::held::Held;
use super::named::{DEEPSEEK_CALL, DEEPSEEK_CALLS, NamedCalls, Naming};
use super::object::Objects;
use super::python::PythonCalls;
use super::xml::XmlCalls;

/// Makes events of a model's output while it comes.
pub struct OutputParser {
    format: OutputFormat,
    held: Held,
    calls: Calls,
    mode: Mode,
    /// White space after a mark is not shown.
    skip_white_space: bool,
    /// Whether something was shown as the answer, so that it is not a bare call.
    has_content: bool,
}

/// What the text is at the moment.
enum Mode {
    Text,
    Reasoning,
    /// After the mark of this kind, before it is clear which syntax it has.
    Opened(Opener),
    Group(Box<dyn Group>),
}

/// What a mark opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opener {
    Reasoning,
    Hermes,
    LlamaTag,
    LlamaFunction,
    Mistral,
    ToolCode,
    Gemma4,
    Lfm2,
    DeepSeekCalls,
    DeepSeekCall,
}

impl std::fmt::Debug for OutputParser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutputParser")
            .field("format", &self.format)
            .field("held", &self.held.text())
            .finish_non_exhaustive()
    }
}

impl OutputParser {
    /// A parser for output that begins afresh.
    pub fn new(format: OutputFormat) -> Self {
        Self::after_prompt(format, "")
    }

    /// A parser for output that goes on where `prompt` ends: many templates open the reasoning themselves.
    pub fn after_prompt(format: OutputFormat, prompt: &str) -> Self {
        let marks = format.reasoning.marks();
        let is_open = marks.is_some_and(|(open, _)| prompt.trim_end().ends_with(open));
        let mode = match format.tools {
            ToolFormat::Harmony => Mode::Group(Box::new(Harmony::after(prompt))),
            _ if is_open => Mode::Reasoning,
            _ => Mode::Text,
        };
        OutputParser {
            format,
            held: Held::default(),
            calls: Calls::default(),
            mode,
            skip_white_space: is_open,
            has_content: false,
        }
    }

    /// Takes the next piece of text; returns what is clear by now.
    pub fn push(&mut self, text: &str) -> Vec<Event> {
        self.held.push(text);
        self.run();
        std::mem::take(&mut self.calls.events)
    }

    /// Ends the text: returns what was held back.
    pub fn finish(&mut self) -> Vec<Event> {
        self.held.ended = true;
        self.run();
        self.calls.incomplete();
        std::mem::take(&mut self.calls.events)
    }

    fn run(&mut self) {
        loop {
            let step = match self.mode {
                Mode::Text => self.text(),
                Mode::Reasoning => self.reasoning(),
                Mode::Opened(opener) => self.opened(opener),
                Mode::Group(_) => self.group(),
            };
            if step == Step::More {
                return;
            }
        }
    }

    fn content(&mut self, text: String) {
        if !text.is_empty() {
            self.has_content = true;
            self.calls.events.push(Event::Content(text));
        }
    }

    /// The marks to look for in the answer.
    fn openers(&self) -> Vec<(&'static str, Opener)> {
        let mut out = Vec::with_capacity(3);
        if let Some((open, _)) = self.format.reasoning.marks() {
            out.push((open, Opener::Reasoning));
        }
        out.extend_from_slice(match self.format.tools {
            ToolFormat::None | ToolFormat::Harmony => &[],
            ToolFormat::Hermes => &[("<tool_call>", Opener::Hermes)],
            ToolFormat::Llama3 => &[
                ("<|python_tag|>", Opener::LlamaTag),
                ("<function=", Opener::LlamaFunction),
            ],
            ToolFormat::Mistral => &[("[TOOL_CALLS]", Opener::Mistral)],
            ToolFormat::Gemma => &[("```tool_code", Opener::ToolCode)],
            ToolFormat::Gemma4 => &[("<|tool_call>", Opener::Gemma4)],
            ToolFormat::Lfm2 => &[("<|tool_call_start|>", Opener::Lfm2)],
            ToolFormat::DeepSeek => &[
                (DEEPSEEK_CALLS, Opener::DeepSeekCalls),
                (DEEPSEEK_CALL, Opener::DeepSeekCall),
            ],
        });
        out
    }

    fn text(&mut self) -> Step {
        if self.skip_white_space {
            self.held.skip_white_space();
            self.skip_white_space = self.held.text().is_empty();
        }
        if self.format.tools == ToolFormat::Llama3 && !self.has_content {
            match self.held.text().trim_start().chars().next() {
                None if !self.held.ended => return Step::More,
                Some('{') => {
                    self.held.record();
                    self.mode = Mode::Group(Box::new(Objects::new(false, true, "")));
                    return Step::Again;
                }
                _ => {}
            }
        }
        let openers = self.openers();
        let marks: Vec<&str> = openers.iter().map(|(mark, _)| *mark).collect();
        match self.held.find(&marks) {
            Ok((at, which)) => {
                let content = self.held.take(at).to_owned();
                self.content(content);
                let Some(&(mark, opener)) = openers.get(which) else {
                    return Step::More;
                };
                if opener != Opener::Reasoning {
                    self.held.record();
                }
                self.held.take(mark.len());
                self.mode = match opener {
                    Opener::Reasoning => Mode::Reasoning,
                    _ => Mode::Opened(opener),
                };
                self.skip_white_space = opener == Opener::Reasoning;
                Step::Again
            }
            Err(len) => {
                let content = self.held.take(len).to_owned();
                self.content(content);
                Step::More
            }
        }
    }

    fn reasoning(&mut self) -> Step {
        if self.skip_white_space {
            self.held.skip_white_space();
            self.skip_white_space = self.held.text().is_empty();
        }
        let close = self.format.reasoning.marks().map_or("", |(_, close)| close);
        let found = self.held.find(&[close]);
        let (Ok((len, _)) | Err(len)) = found;
        let text = self.held.text().get(..len).unwrap_or_default();
        // White space before the mark belongs to it, and more text may show that there is none.
        let is_cut_off = found.is_err() && self.held.ended;
        let shown = if is_cut_off { text } else { text.trim_end() }.to_owned();
        if found.is_ok() {
            self.held.take(len + close.len());
            self.mode = Mode::Text;
            self.skip_white_space = true;
        } else {
            self.held.take(shown.len());
        }
        if !shown.is_empty() {
            self.calls.events.push(Event::Reasoning(shown));
        }
        if found.is_ok() {
            Step::Again
        } else {
            Step::More
        }
    }

    /// Decides by what follows a mark how calls are written.
    fn opened(&mut self, opener: Opener) -> Step {
        let text = self.held.text().trim_start();
        let mut characters = text.chars();
        let first = characters.next();
        let second = characters.as_str().trim_start().chars().next();
        let is_clear =
            self.held.ended || (first.is_some() && (first != Some('[') || second.is_some()));
        if !is_clear {
            return Step::More;
        }
        let is_list = first == Some('[') && (second == Some('{') || opener == Opener::Mistral);
        if is_list {
            self.held.skip_white_space();
            self.held.skip();
        }
        let is_object = is_list || first == Some('{');
        let objects = |close| -> Box<dyn Group> { Box::new(Objects::new(is_list, false, close)) };
        let named =
            |naming, between| -> Box<dyn Group> { Box::new(NamedCalls::new(naming, between)) };
        self.mode = Mode::Group(match opener {
            Opener::Hermes if first == Some('<') => Box::new(XmlCalls::new("</tool_call>")),
            Opener::Hermes | Opener::Reasoning => objects("</tool_call>"),
            Opener::LlamaTag if is_object => objects(""),
            Opener::LlamaTag => Box::new(PythonCalls::new("")),
            Opener::LlamaFunction => named(Naming::Llama, false),
            Opener::Mistral if is_list => objects(""),
            Opener::Mistral => named(Naming::Mistral, false),
            Opener::ToolCode => Box::new(PythonCalls::new("```")),
            Opener::Gemma4 => named(Naming::Gemma4, false),
            Opener::Lfm2 if is_object => objects("<|tool_call_end|>"),
            Opener::Lfm2 => Box::new(PythonCalls::new("<|tool_call_end|>")),
            Opener::DeepSeekCalls => named(Naming::DeepSeek, true),
            Opener::DeepSeekCall => named(Naming::DeepSeek, false),
        });
        Step::Again
    }

    fn group(&mut self) -> Step {
        let Mode::Group(group) = &mut self.mode else {
            return Step::Again;
        };
        let events = self.calls.events.len();
        let mut step = group.step(&mut self.held, &mut self.calls);
        if self.format.tools == ToolFormat::Harmony {
            return step;
        }
        if self.calls.events.len() > events {
            // What became events is not content as well.
            self.held.record();
        }
        if step == Step::More && self.held.ended {
            step = Step::Broken;
        }
        match step {
            Step::More | Step::Again => return step,
            Step::Done => {
                self.held.recorded();
                self.skip_white_space = true;
            }
            Step::Broken => {
                let text = self.held.recorded();
                if self.calls.open {
                    self.calls.incomplete();
                } else {
                    self.content(text);
                }
                self.has_content = true;
            }
        }
        self.mode = Mode::Text;
        Step::Again
    }
}
