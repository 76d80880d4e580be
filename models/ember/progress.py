"""How far a checkpoint has come: what it answers to held-out samples, and how often that is right."""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

import held
import vocabulary
from conversation import render
from model import Ember
from shape import CALL_BEGINS, CALL_ENDS, END_OF_TEXT, TURN_ENDS, Shape

MOST_TOKENS = 60


@torch.no_grad()
def answer(model: Ember, tokenizer: Tokenizer, prompt: str) -> str:
    """The likeliest continuation, token for token."""
    ids = tokenizer.encode(prompt).ids
    ends = {tokenizer.token_to_id(end) for end in (TURN_ENDS, END_OF_TEXT)}
    first = len(ids)
    while len(ids) < min(first + MOST_TOKENS, model.shape.context):
        hidden = model.hidden(torch.tensor([ids]))[0, -1]
        new = int((hidden @ model.embedding.weight.T).argmax())
        if new in ends:
            break
        ids.append(new)
    return tokenizer.decode(ids[first:], skip_special_tokens=False)


def is_right(sample: dict, said: str) -> bool:
    """Whether an answer is what was expected."""
    expected = sample["expected"]
    if sample["kind"] in ("passage", "copy"):
        return said.strip() == expected
    if sample["kind"] != "tools":
        words = [expected] if isinstance(expected, str) else expected
        return all(word.lower() in said.lower() for word in words)
    if expected is None:
        return CALL_BEGINS not in said
    try:
        return json.loads(said.strip().removeprefix(CALL_BEGINS).removesuffix(CALL_ENDS)) == expected
    except json.JSONDecodeError:
        return False


def question(sample: dict) -> list[dict]:
    """The conversation before the model's last turn."""
    messages = sample["messages"]
    return messages[: max(at for at, message in enumerate(messages) if message["role"] == "assistant")]


def is_checked(sample: dict) -> bool:
    """Whether an answer can be told right from wrong: an expected one, or that no tool is called."""
    is_talk = not any(message.get("tool_calls") for message in sample["messages"])
    return sample.get("expected") is not None or (sample["kind"] == "tools" and is_talk)


def main() -> None:
    """Prints the shares, and some answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="folder with the checkpoint")
    parser.add_argument("--each", type=int, default=40, help="samples of a kind (default: %(default)s)")
    asked = parser.parse_args()
    model = Ember(Shape())
    state = torch.load(asked.work / "checkpoint.pt", weights_only=True)
    model.load_state_dict(state["model"])
    tokenizer = vocabulary.read(asked.work / "tokenizer.json")
    right: dict[str, list[bool]] = defaultdict(list)
    for sample in held.choose():
        kind = sample["kind"]
        if "messages" not in sample or not is_checked(sample) or len(right[kind]) >= asked.each:
            continue
        said = answer(model, tokenizer, render(question(sample), sample.get("tools"), answers=True))
        right[kind].append(is_right(sample, said))
        if len(right[kind]) <= 4 or not right[kind][-1]:
            print(f"[{kind}] {question(sample)[-1]['content'][-300:]!r}\n  said {said!r}, expected {sample['expected']!r}")
    print(f"step {state['step']}")
    for kind, results in right.items():
        print(f"{kind}: {sum(results)} of {len(results)}")
    print(answer(model, tokenizer, "Once upon a time"))


if __name__ == "__main__":
    main()
