//! Post-processors: the tokens that go before and after every text.

use serde_json::Value;

use super::error::TokenizerJsonError;
use super::read::Node;

/// What goes around the ids of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) before: Vec<u32>,
    pub(super) after: Vec<u32>,
}

impl Around {
    pub(super) fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        match node.kind()? {
            // Only moves offsets, which are not kept here.
            "ByteLevel" => Ok(Around::default()),
            "BertProcessing" | "RobertaProcessing" => {
                let id = |field| {
                    let id = node.get(field).and_then(|pair| pair.get(1));
                    let id = id.and_then(id_of);
                    id.ok_or_else(|| node.wrong(field, "a token with its id"))
                };
                Ok(Around {
                    before: vec![id("cls")?],
                    after: vec![id("sep")?],
                })
            }
            "TemplateProcessing" => template(node),
            "Sequence" => {
                let mut all = Around::default();
                for value in node.list("processors")? {
                    let part = Around::read(Node { value, ..node })?;
                    all.before.splice(0..0, part.before);
                    all.after.extend(part.after);
                }
                Ok(all)
            }
            other => Err(node.unsupported(other)),
        }
    }
}

fn id_of(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// `TemplateProcessing`, for one text.
fn template(node: Node<'_>) -> Result<Around, TokenizerJsonError> {
    let wrong = || node.wrong("single", "a template with one text in it");
    let mut around = Around::default();
    let mut texts = 0;
    for part in node.list("single")? {
        if part.get("Sequence").is_some() {
            texts += 1;
            continue;
        }
        let name = part.pointer("/SpecialToken/id").and_then(Value::as_str);
        let name = name.ok_or_else(wrong)?;
        let ids = node
            .get("special_tokens")
            .and_then(|tokens| tokens.get(name)?.get("ids"));
        let ids = ids.and_then(Value::as_array).ok_or_else(wrong)?;
        let ids: Option<Vec<u32>> = ids.iter().map(id_of).collect();
        let side = if texts == 0 {
            &mut around.before
        } else {
            &mut around.after
        };
        side.extend(ids.ok_or_else(wrong)?);
    }
    if texts == 1 { Ok(around) } else { Err(wrong()) }
}
