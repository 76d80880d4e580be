"""Questions that a search answers: the tool brings a passage, and the answer is a span of it."""

import json

from .facts import fill
from .passage_text import compose
from .passages import Asker
from .tool_requests import OTHER_FILE, Request, template
from .value_kinds import Draw

MAX_FOUND_CHARS = 320


def reading_request(d: Draw) -> Request:
    """A search for the subject of a question, with a short passage as its result."""
    while True:
        passage = compose(d.rng, d.split)
        found = Asker(d.rng, d.split, passage).answerable()
        if found and found.slot != "P" and "P" in found.stated.values and len(passage.text) <= MAX_FOUND_CHARS:
            break
    name = found.stated.values["P"]
    text = fill(template(d, OTHER_FILE, "reading"), {"query": name, "question": found.text})
    result = passage.text if d.chance(0.6) else json.dumps({"text": passage.text})
    return Request("search", text, {"query": name}, result, found.answer)
