//! Rewrites the engine's instructions so that whatever can grow or take long is paid for first (see [`meter`](super::meter)).
//!
//! The engine has no hook for its operators, but it lets its instructions be read and built. Names with a `!` are
//! functions of [`environment`](super::environment) that no template can name.

use minijinja::Value;
use minijinja::machinery::{Instruction, Instructions};

use super::error::TemplateError;

/// Pays for the arguments and what they hold, and returns them, the last one first: the order in which `UnpackList` puts
/// them back on the stack.
pub(super) const PASS: &str = "pass!";
/// Pays for the arguments alone, and returns them.
pub(super) const PASS_FLAT: &str = "pass-flat!";
/// As [`PASS`], for a product: a string or list times a number is paid for before it is made.
pub(super) const PASS_PRODUCT: &str = "pass-product!";
/// Pays for a value just made; as a filter, since that takes its argument from the stack and returns one.
pub(super) const SETTLE: &str = "settle!";
/// Takes a part of a text or list, in place of the engine's own operator.
pub(super) const SLICE: &str = "slice!";
/// Concatenates two values as text, in place of the engine's own operator.
pub(super) const CONCAT: &str = "concat!";

/// Says that a filter is not remembered in a local slot, as the engine's own code does.
const NO_SLOT: u8 = !0;

/// The metered form of `original`.
pub(super) fn meter<'s>(
    original: &Instructions<'s>,
    name: &'s str,
    source: &'s str,
) -> Result<Instructions<'s>, TemplateError> {
    let mut out = Instructions::new(name, source);
    // Where each instruction went, and one past the end.
    let mut places = vec![0];
    for at in 0.. {
        let Some(instruction) = original.get(at) else {
            break;
        };
        let line = original.get_line(at);
        if let Some(what) = refused(instruction) {
            return Err(TemplateError::Unsupported { what, line });
        }
        let mut end = 0;
        let mut put = |instruction| {
            end = 1 + out.add_with_line(
                instruction,
                line.and_then(|line| u16::try_from(line).ok()).unwrap_or(0),
            );
        };
        if let Some((function, count)) = before(instruction) {
            put(Instruction::CallFunction(function, Some(count)));
            put(Instruction::UnpackList(usize::from(count)));
        }
        match instruction {
            Instruction::EmitRaw(text) => {
                put(Instruction::LoadConst(Value::from(*text)));
                put(Instruction::Emit);
            }
            Instruction::Slice => put(Instruction::CallFunction(SLICE, Some(4))),
            Instruction::StringConcat => put(Instruction::CallFunction(CONCAT, Some(2))),
            other => put(other.clone()),
        }
        if makes_value(instruction) {
            put(Instruction::ApplyFilter(SETTLE, Some(1), NO_SLOT));
        }
        places.push(end);
    }
    retarget(&mut out, &places);
    Ok(out)
}

/// Instructions of Jinja's means to combine templates, and of argument unpacking.
fn refused(instruction: &Instruction<'_>) -> Option<&'static str> {
    match instruction {
        Instruction::Include(_) | Instruction::ExportLocals => Some("`include` or `import`"),
        Instruction::LoadBlocks | Instruction::CallBlock(_) | Instruction::FastSuper => {
            Some("`extends` or `block`")
        }
        Instruction::MergeKwargs(_) | Instruction::UnpackLists(_) => {
            Some("`*` or `**` argument unpacking")
        }
        _ => None,
    }
}

/// The function that is to see the operands of `instruction` first, and their number.
fn before(instruction: &Instruction<'_>) -> Option<(&'static str, u16)> {
    match instruction {
        Instruction::GetItem | Instruction::Pow => Some((PASS_FLAT, 2)),
        Instruction::Mul => Some((PASS_PRODUCT, 2)),
        Instruction::Add
        | Instruction::Rem
        | Instruction::Eq
        | Instruction::Ne
        | Instruction::Gt
        | Instruction::Gte
        | Instruction::Lt
        | Instruction::Lte
        | Instruction::In
        | Instruction::CompareAndPreserve(_) => Some((PASS, 2)),
        Instruction::PushLoop(_) | Instruction::UnpackList(_) => Some((PASS_FLAT, 1)),
        _ => None,
    }
}

/// Whether `instruction` leaves a value that may be large, lazy or nested.
fn makes_value(instruction: &Instruction<'_>) -> bool {
    matches!(
        instruction,
        Instruction::Add
            | Instruction::Mul
            | Instruction::BuildList(_)
            | Instruction::BuildMap(_)
            | Instruction::BuildTuple(_)
    )
}

/// Points every jump to where its target went.
fn retarget(instructions: &mut Instructions<'_>, places: &[u32]) {
    let mut at = 0;
    while let Some(instruction) = instructions.get_mut(at) {
        at += 1;
        if let Instruction::Iterate(target)
        | Instruction::Jump(target)
        | Instruction::JumpIfFalse(target)
        | Instruction::JumpIfFalseOrPop(target)
        | Instruction::JumpIfTrueOrPop(target)
        | Instruction::BuildMacro(_, target, _) = instruction
            && let Some(&place) = places.get(*target as usize)
        {
            *target = place;
        }
    }
}
