//! Families of output formats, and how a chat template tells them.

/// How a model marks its reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReasoningFormat {
    /// It does not.
    #[default]
    None,
    /// `<think>…</think>` (Qwen, DeepSeek, LFM2, SmolLM).
    Think,
    /// `[THINK]…[/THINK]` (Mistral).
    Mistral,
    /// `<|channel>thought … <channel|>` (Gemma 4).
    Gemma4,
}

/// How a model writes calls of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ToolFormat {
    /// It does not.
    #[default]
    None,
    /// `<tool_call>{"name": …, "arguments": …}</tool_call>` (Qwen, Hermes), or in it `<function=…><parameter=…>` (Qwen
    /// 3.5, Qwen3-Coder).
    Hermes,
    /// `{"name": …, "parameters": …}` as the whole answer, after `<|python_tag|>`, or `<function=name>{…}</function>`.
    Llama3,
    /// `[TOOL_CALLS][{"name": …, "arguments": …}]` or `[TOOL_CALLS]name[ARGS]{…}`.
    Mistral,
    /// A `tool_code` block with Python calls in it.
    Gemma,
    /// `<|tool_call>call:name{…}<tool_call|>`.
    Gemma4,
    /// `<|tool_call_start|>[name(argument="value")]<|tool_call_end|>`.
    Lfm2,
    /// `<｜tool▁call▁begin｜>function<｜tool▁sep｜>name`, then a block of JSON, and its later form without the block.
    DeepSeek,
    /// Channels with `to=functions.name` (gpt-oss). Reasoning is a channel too.
    Harmony,
}

/// Which marks an output has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputFormat {
    /// How reasoning is marked.
    pub reasoning: ReasoningFormat,
    /// How calls are written.
    pub tools: ToolFormat,
}

impl OutputFormat {
    /// The format of models with this chat template. A template without known marks gives the default: all is content.
    pub fn detect(template: &str) -> OutputFormat {
        let has = |mark: &str| template.contains(mark);
        let tools = if has("<|channel|>") && has("<|message|>") {
            ToolFormat::Harmony
        } else if has("<|tool_call>") {
            ToolFormat::Gemma4
        } else if has("<｜tool▁call") {
            ToolFormat::DeepSeek
        } else if has("[TOOL_CALLS]") {
            ToolFormat::Mistral
        } else if has("<|tool_call_start|>")
            || has("<|tool_list_start|>")
            || has("List of tools: [")
        {
            ToolFormat::Lfm2
        } else if has("<tool_call>") {
            ToolFormat::Hermes
        } else if has("<|python_tag|>") || has("<|start_header_id|>") {
            ToolFormat::Llama3
        } else if has("<start_of_turn>") {
            ToolFormat::Gemma
        } else if has("<|im_start|>") {
            // Models of this prompt format that call tools do it in Hermes' way.
            ToolFormat::Hermes
        } else {
            ToolFormat::None
        };
        let reasoning = if has("[THINK]") {
            ReasoningFormat::Mistral
        } else if has("<|channel>") {
            ReasoningFormat::Gemma4
        } else if has("think>") {
            ReasoningFormat::Think
        } else {
            ReasoningFormat::None
        };
        OutputFormat { reasoning, tools }
    }
}

impl ToolFormat {
    /// Every way to write calls, but none.
    pub const ALL: &[ToolFormat] = &[
        ToolFormat::Hermes,
        ToolFormat::Llama3,
        ToolFormat::Mistral,
        ToolFormat::Gemma,
        ToolFormat::Gemma4,
        ToolFormat::Lfm2,
        ToolFormat::DeepSeek,
        ToolFormat::Harmony,
    ];

    /// The families that write so.
    pub const fn families(self) -> &'static str {
        match self {
            ToolFormat::None => "none",
            ToolFormat::Hermes => "Qwen and Hermes",
            ToolFormat::Llama3 => "Llama 3",
            ToolFormat::Mistral => "Mistral",
            ToolFormat::Gemma => "Gemma 2 and 3",
            ToolFormat::Gemma4 => "Gemma 4",
            ToolFormat::Lfm2 => "LFM2",
            ToolFormat::DeepSeek => "DeepSeek",
            ToolFormat::Harmony => "gpt-oss",
        }
    }
}

impl OutputFormat {
    /// Whether the end tokens of the family are marks that the parser needs to see.
    pub fn has_marks_at_end(&self) -> bool {
        self.tools == ToolFormat::Harmony
    }
}

impl ReasoningFormat {
    /// The marks before and after.
    pub fn marks(self) -> Option<(&'static str, &'static str)> {
        match self {
            ReasoningFormat::None => None,
            ReasoningFormat::Think => Some(("<think>", "</think>")),
            ReasoningFormat::Mistral => Some(("[THINK]", "[/THINK]")),
            ReasoningFormat::Gemma4 => Some(("<|channel>thought", "<channel|>")),
        }
    }
}
