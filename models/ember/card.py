"""The samples of the card: what llama.cpp answers, the likeliest token each time, unedited. Needs `llama-cpp-python` beside the recipe's requirements."""

import argparse
from pathlib import Path

import held
from conversation import render
from reference import FOLDER, answer, load, question

TALK = (
    ["Hello! Who are you?"],
    ["Tell me a short story."],
    ["Tell me a story about a fox and a lantern."],
    ["My name is Ida and I live in Turin.", "Which city do I live in?"],
    ["What is the capital of France?"],
)
# Held-out samples of these kinds, the first ones of the file.
HELD = {"passage": 3, "tools": 2}
TOKENS = 400
BEGINS, ENDS = "<!-- samples: card.py -->", "<!-- end of samples -->"


def said_by(model: object, messages: list[dict], tools: list[dict] | None) -> str:
    """The model's next turn."""
    prompt = render(messages, tools, answers=True)
    text = answer(model, prompt, TOKENS)["greedy64_text"]
    return text[len(prompt) :].removesuffix("<|im_end|>").strip()


def quoted(name: str, text: str) -> str:
    """A turn as a paragraph of a quotation."""
    return f"> **{name}:** " + text.replace("\n", "<br>")


def talk(model: object, asked: list[str]) -> str:
    """A conversation, with every answer the model's own."""
    messages, lines = [], []
    for text in asked:
        messages.append({"role": "user", "content": text})
        messages.append({"role": "assistant", "content": said_by(model, messages, None)})
        lines += [quoted("Person", text), quoted("ember", messages[-1]["content"])]
    return "\n>\n".join(lines)


def held_out(model: object, sample: dict) -> str:
    """A held-out sample: what was said before, and the model's next turn."""
    names = {"user": "Person", "assistant": "ember, as written by the generator", "system": "System", "tool": "Tool"}
    before = [quoted(names[m["role"]], m["content"] or f"`{m['tool_calls']}`") for m in question(sample)]
    tools = sample.get("tools")
    if tools:
        before.insert(0, quoted("Tools", ", ".join(f"`{tool['function']['name']}`" for tool in tools)))
    said = said_by(model, question(sample), tools)
    return "\n>\n".join([*before, quoted("ember", f"`{said}`" if tools else said)])


def chosen() -> list[dict]:
    """The first held-out samples of each kind."""
    left = dict(HELD)
    found = []
    for sample in held.choose():
        if left.get(sample["kind"], 0) > 0 and sample.get("expected") is not None:
            left[sample["kind"]] -= 1
            found.append(sample)
    return found


def main() -> None:
    """Writes them into the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=FOLDER / "ember.gguf", help="the model file (default: %(default)s)")
    asked = parser.parse_args()
    model = load(asked.model)
    samples = [talk(model, one) for one in TALK] + [held_out(model, one) for one in chosen()]
    text = "\n\n".join(f"{number}.\n{sample}" for number, sample in enumerate(samples, 1))
    card = FOLDER / "README.md"
    before, rest = card.read_text().split(BEGINS)
    card.write_text(f"{before}{BEGINS}\n{text}\n{ENDS}{rest.split(ENDS)[1]}")


if __name__ == "__main__":
    main()
