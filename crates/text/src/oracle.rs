//! What must hold for any vocabulary, template and output: said once, for fuzz targets and property tests.

use crate::output::{ReasoningFormat, ToolFormat};
use crate::{
    ChatTemplate, DecodeOptions, EncodeOptions, Event, OutputFormat, OutputParser, StreamDecoder,
    TemplateInput, Tokenizer, VocabSource,
};

/// Pre-tokenizers for the vocabularies that bytes make.
const PRE_TOKENIZERS: &[&str] = &[
    "default",
    "llama-bpe",
    "qwen2",
    "deepseek-llm",
    "gpt-4o",
    "tiny_aya",
    "gemma4",
];

const MODELS: &[&str] = &["llama", "gpt2", "gemma4", "bert", "t5"];

const TOOLS: &[ToolFormat] = &[
    ToolFormat::None,
    ToolFormat::Hermes,
    ToolFormat::Llama3,
    ToolFormat::Mistral,
    ToolFormat::Gemma,
    ToolFormat::Gemma4,
    ToolFormat::Lfm2,
    ToolFormat::DeepSeek,
    ToolFormat::Harmony,
];

const REASONING: &[ReasoningFormat] = &[
    ReasoningFormat::None,
    ReasoningFormat::Think,
    ReasoningFormat::Mistral,
    ReasoningFormat::Gemma4,
];

/// Takes bytes one after the other; zeros at the end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        head
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(usize::from(self.next()) % from.len().max(1))
            .copied()
    }
}

/// A vocabulary and a text: bytes that begin with `{` are a `tokenizer.json` up to the first zero, all others a GGUF
/// vocabulary.
///
/// # Panics
/// If an id is not in the vocabulary, there are more ids than the text can have, or decoding in pieces gives other text
/// than decoding at once.
pub fn check_tokenizer(bytes: &[u8]) {
    if bytes.first() == Some(&b'{') {
        let mut parts = bytes.splitn(2, |&byte| byte == 0);
        let file = parts.next().unwrap_or_default();
        if let Ok(tokenizer) = Tokenizer::from_json(file) {
            let text = String::from_utf8_lossy(parts.next().unwrap_or(file));
            // Normalizers may put in as much text as they like.
            check_text(&tokenizer, &text, None);
        }
        return;
    }
    let mut bytes = Bytes(bytes);
    let mut source = VocabSource {
        model: bytes.choose(MODELS).unwrap_or_default().to_owned(),
        pre: bytes.choose(PRE_TOKENIZERS).map(str::to_owned),
        ..VocabSource::default()
    };
    let flags = bytes.next();
    let flag = |bit: u8| Some(flags & 1 << bit != 0);
    (source.add_bos, source.add_eos) = (flag(0), flag(1));
    (source.add_space_prefix, source.remove_extra_whitespaces) = (flag(2), flag(3));
    (source.lowercase, source.strip_accents) = (flag(4), flag(5));
    source.model_name = Some("phi-3".to_owned()).filter(|_| flags & 1 << 6 != 0);
    for _ in 0..bytes.next() {
        let len = usize::from(bytes.next() % 8);
        source.tokens.push(bytes.take(len));
        source.token_types.push(i32::from(bytes.next() % 8));
        source.scores.push(f32::from(bytes.next()) - 100.0);
    }
    for _ in 0..bytes.next() {
        let len = usize::from(bytes.next() % 8);
        source.merges.push(bytes.take(len));
    }
    let charsmap = usize::from(bytes.next());
    source.precompiled_charsmap = bytes.take(charsmap).to_vec();
    if let Ok(tokenizer) = Tokenizer::from_vocab(source) {
        let text = String::from_utf8_lossy(bytes.0);
        // A character that the charsmap replaces becomes as many bytes as the map has at most.
        let most = (text.len() + 4) * 4 * (charsmap + 1);
        check_text(&tokenizer, &text, Some(most));
    }
}

fn check_text(tokenizer: &Tokenizer, text: &str, most: Option<usize>) {
    for special in [false, true] {
        let options = EncodeOptions {
            add_special: special,
            parse_special: special,
        };
        let ids = tokenizer.encode(text, options);
        assert!(ids.iter().all(|&id| (id as usize) < tokenizer.len()));
        assert!(
            most.is_none_or(|most| ids.len() <= most),
            "{} ids",
            ids.len()
        );
        for clean_spaces in [false, true] {
            tokenizer.decode(
                &ids,
                DecodeOptions {
                    special,
                    clean_spaces,
                },
            );
        }
        let mut stream = StreamDecoder::new(special);
        let mut bytes = Vec::new();
        let mut streamed = String::new();
        for &id in &ids {
            streamed += &stream.push(tokenizer, id);
            if special || !tokenizer.is_hidden(id) {
                bytes.extend(tokenizer.token_bytes(id));
            }
        }
        streamed += &stream.flush();
        assert_eq!(streamed, String::from_utf8_lossy(&bytes));
    }
}

/// Any template over a few conversations: text or an error, and neither takes long.
pub fn check_template(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    OutputFormat::detect(&source);
    let Ok(template) = ChatTemplate::parse(&source) else {
        return;
    };
    let call = serde_json::json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}});
    let conversations = [
        serde_json::json!([]),
        serde_json::json!([{"role": "system", "content": "s"}, {"role": "user", "content": "Hi"}]),
        serde_json::json!([
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "1", "tool_call_id": "1"},
        ]),
    ];
    for messages in conversations {
        // An error is as good as a text: what counts is that it comes back.
        let _ = template.render(&TemplateInput {
            messages,
            tools: Some(serde_json::json!([{"type": "function", "function": {"name": "f"}}])),
            add_generation_prompt: true,
            bos_token: "<s>".to_owned(),
            eos_token: "</s>".to_owned(),
            ..TemplateInput::default()
        });
    }
}

/// Any output of a model: format, reasoning and pieces by the first three bytes, then text.
///
/// # Panics
/// If the events depend on the pieces, a call is not ended or its arguments are no JSON object, or text is lost where
/// there are no marks to look for.
pub fn check_output(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let format = OutputFormat {
        tools: bytes.choose(TOOLS).unwrap_or_default(),
        reasoning: bytes.choose(REASONING).unwrap_or_default(),
    };
    let longest = usize::from(bytes.next() % 16) + 1;
    let text = String::from_utf8_lossy(bytes.0);
    let whole = events(format, [&*text].into_iter());
    let mut pieces = Vec::new();
    let mut rest = &*text;
    while !rest.is_empty() {
        let len = rest
            .chars()
            .take(1 + pieces.len() % longest)
            .map(char::len_utf8)
            .sum();
        let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after;
    }
    assert_eq!(
        whole,
        events(format, pieces.into_iter()),
        "{format:?}: {text:?}"
    );
    check_calls(&whole);
    if format == OutputFormat::default() && !text.is_empty() {
        assert_eq!(whole, [Event::Content(text.into_owned())]);
    }
}

/// The events of all pieces, those of a kind that follow each other joined.
fn events<'t>(format: OutputFormat, pieces: impl Iterator<Item = &'t str>) -> Vec<Event> {
    let mut parser = OutputParser::new(format);
    let mut all: Vec<Event> = pieces.flat_map(|piece| parser.push(piece)).collect();
    all.extend(parser.finish());
    let mut out: Vec<Event> = Vec::with_capacity(all.len());
    for event in all {
        match (out.last_mut(), &event) {
            (Some(Event::Content(text)), Event::Content(more))
            | (Some(Event::Reasoning(text)), Event::Reasoning(more)) => text.push_str(more),
            (
                Some(Event::ToolCallArguments { index, delta }),
                Event::ToolCallArguments {
                    index: same,
                    delta: more,
                },
            ) if index == same => delta.push_str(more),
            _ => out.push(event),
        }
    }
    out
}

/// Checks that calls are numbered, do not overlap and end, and that those that are complete have an object.
fn check_calls(events: &[Event]) {
    let (mut count, mut open, mut arguments) = (0, false, "");
    for event in events {
        match event {
            Event::ToolCallStart { index, .. } => {
                assert!(*index == count && !open, "{events:?}");
                (open, arguments) = (true, "");
            }
            Event::ToolCallArguments { index, delta } => {
                assert!(*index == count && open, "{events:?}");
                arguments = delta;
            }
            Event::ToolCallEnd { index } | Event::ToolCallIncomplete { index } => {
                assert!(*index == count && open, "{events:?}");
                if matches!(event, Event::ToolCallEnd { .. }) {
                    let value = serde_json::from_str::<serde_json::Value>(arguments);
                    assert!(value.is_ok_and(|value| value.is_object()), "{events:?}");
                }
                (count, open) = (count + 1, false);
            }
            Event::Reasoning(_) | Event::Content(_) => {}
        }
    }
    assert!(!open, "{events:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_as_a_vocabulary_end_well(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            super::check_tokenizer(&bytes);
        }

        #[test]
        fn any_template_ends_well(text in "[{}%# a-c|.()'\"0-9\\n]{0,60}") {
            super::check_template(text.as_bytes());
        }
    }
}
