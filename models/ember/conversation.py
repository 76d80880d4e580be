"""Conversations as the model sees them: by the chat template that the model file carries."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from shape import END_OF_TEXT, TURN_BEGINS, TURN_ENDS

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
ANSWER_BEGINS = f"{TURN_BEGINS}assistant\n"


@cache
def template() -> Any:
    """The compiled template, with a `tojson` that changes no character."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(TEMPLATE.read_text())


def render(messages: list[dict], tools: list[dict] | None = None, answers: bool = False) -> str:
    """The text of a conversation; with `answers` the model's turn is begun."""
    return template().render(messages=messages, tools=tools, add_generation_prompt=answers)


def pieces(sample: dict) -> list[tuple[str, bool]]:
    """A sample's text in pieces, each with whether the model writes it."""
    if "text" in sample:
        return [(sample["text"] + END_OF_TEXT, True)]
    text = render(sample["messages"], sample.get("tools"))
    found = []
    for at, part in enumerate(text.split(ANSWER_BEGINS)):
        if at == 0:
            found.append((part, False))
            continue
        answer, after = part.split(TURN_ENDS, 1)
        found += [(ANSWER_BEGINS, False), (answer + TURN_ENDS, True), (after, False)]
    return [piece for piece in found if piece[0]] + [(END_OF_TEXT, False)]
