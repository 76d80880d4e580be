"""Requests with tools in the prompt: calls of the right tool, answers with its result, and talk that needs none.

A sample is {"kind": "tools", "tools": [...], "messages": [...], "expected": {"name", "arguments"} or None}, where
`expected` is the call in the last message, and None where the last message is words.
"""

import random
from dataclasses import replace

from .facts import fill
from .tool_catalog import MAIN, OTHER, Declared, declare
from .tool_reading import reading_request
from .tool_requests import OTHER_FILE, REQUESTS, Request, draw_request, template
from .value_kinds import KINDS, Draw
from .word_lists import templates

NO_TOOL = "I have no tool for that."
WORDS_RATE = 0.12
MAIN_RATE = 0.8
RESULT_RATE = 1 / 3
READING_RATE = 0.06  # how often a search brings a passage that answers a question
EARLIER_RATE = 0.12  # how often a call, its result and the answer stand before the request
# How many stand there in training: each list of tools is read once and pays often.
EARLIER = (0, 0, 1, 1, 2)
CASUAL_RATE = 0.1
WRAP_RATE = 0.4
SYSTEM_RATE = 0.35
ERROR_RATE = 0.05
PROBLEMS = ["not found", "no connection", "busy, try later", "unknown value"]
Message = dict[str, object]


def draw_key(rng: random.Random) -> str:
    return rng.choice(MAIN if rng.random() < MAIN_RATE else OTHER)


def family(key: str) -> str:
    """Tools of one family do the same, so only one of them stands in a prompt."""
    return "sum" if key == "pair" else key


def offered(rng: random.Random, split: str, wanted: list[str], avoided: str = "", most: int = 5) -> list[Declared]:
    """The wanted tools among others, one to `most` in all, in any order; no name twice, and none of `avoided`."""
    count = rng.choices(range(1, most + 1), [15, 25, 30, 20, 10][:most])[0]
    others = [key for key in MAIN * 2 + OTHER if key not in map(family, wanted) and key != family(avoided)]
    keys = list(wanted)
    while len(keys) < count:
        key = rng.choice(others)
        if key not in keys:
            keys.append(key)
    rng.shuffle(keys)
    while True:
        tools = [declare(key, rng, split) for key in keys]
        if len({tool.schema["function"]["name"] for tool in tools}) == len(tools):
            return tools


def as_typed(rng: random.Random, request: Request, split: str) -> str:
    """The request with a word before or after it, or typed in haste."""
    text = request.text
    if rng.random() < CASUAL_RATE and text.split()[0].strip("?.,") not in str(request.arguments):
        return text[0].lower() + text[1:].rstrip("?.")
    if rng.random() >= WRAP_RATE:
        return text
    wrap = template(Draw(rng, split), OTHER_FILE, "wrap")
    if not wrap.endswith("{r}") and text[-1] not in "?.!":
        return text
    return wrap.replace("{r}", text)


def call_of(request: Request, tools: list[Declared]) -> dict:
    """The call that answers the request, with the names that the prompt gives."""
    tool = next(tool for tool in tools if tool.key == request.key)
    arguments = {tool.spelling[role]: request.arguments[role] for role in tool.spelling}
    return {"name": tool.schema["function"]["name"], "arguments": arguments}


def call_message(call: dict) -> Message:
    return {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]}


def answer(request: Request) -> list[Message]:
    """The tool's result and the words that use it."""
    return [{"role": "tool", "content": request.result}, {"role": "assistant", "content": request.reply}]


def with_errors(rng: random.Random, request: Request) -> Request:
    """The request as it is; now and then one whose call fails."""
    if rng.random() >= ERROR_RATE:
        return request
    problem = rng.choice(PROBLEMS)
    return replace(request, result=f"error: {problem}", reply=f"The tool says: {problem}.")


def called(rng: random.Random, split: str) -> tuple[list[Declared], list[Message], dict | None]:
    """A request that one of the tools fits, with its call, and in a third of cases the answer."""
    requests = [draw_request(draw_key(rng), rng, split)]
    earlier = rng.choice(EARLIER) if split == "train" else int(rng.random() < EARLIER_RATE)
    for _ in range(earlier):
        first = draw_request(draw_key(rng), rng, split)
        if all(family(first.key) != family(other.key) or first.key == other.key for other in requests):
            requests.insert(0, first)
    wanted = list(dict.fromkeys(request.key for request in requests))
    tools = offered(rng, split, wanted, most=5 if len(requests) == 1 else 3)
    messages: list[Message] = []
    for request in map(lambda each: with_errors(rng, each), requests):
        call = call_of(request, tools)
        messages += [{"role": "user", "content": as_typed(rng, request, split)}, call_message(call), *answer(request)]
    if rng.random() < RESULT_RATE:
        return tools, messages, None
    return tools, messages[:-2], call


def read(rng: random.Random, split: str) -> tuple[list[Declared], list[Message], None]:
    """A question, a search for what it is about, and the answer from what was found."""
    request = reading_request(Draw(rng, split))
    tools = offered(rng, split, [request.key], most=3)
    asked = {"role": "user", "content": request.text}
    return tools, [asked, call_message(call_of(request, tools)), *answer(request)], None


def in_words(rng: random.Random, split: str) -> tuple[list[Declared], list[Message], None]:
    """Talk, a story, or a request that none of the tools fits."""
    d, roll, avoided = Draw(rng, split), rng.random(), ""
    if roll < 0.35:
        asked, reply = template(d, OTHER_FILE, "talk").split(" | ")
    elif roll < 0.5:
        topic = {"topic": template(d, OTHER_FILE, "story_topics"), "name": KINDS["first_name"](d)}
        asked = fill(template(d, OTHER_FILE, "story_requests"), topic)
        reply = fill(rng.choice(templates(OTHER_FILE)["story_answers"].train), topic)
    elif roll < 0.7:
        values = {"dish": KINDS["dish"](d), "city": KINDS["town"](d), "person": KINDS["person"](d),
                  "object": KINDS["an_object"](d), "price": KINDS["price"](d)}
        asked, reply = fill(template(d, OTHER_FILE, "impossible"), values), NO_TOOL
    else:
        request = draw_request(rng.choice(list(REQUESTS)), rng, split)
        asked, reply, avoided = as_typed(rng, request, split), NO_TOOL, request.key
    tools = offered(rng, split, [], avoided)
    return tools, [{"role": "user", "content": asked}, {"role": "assistant", "content": reply}], None


def sample(rng: random.Random, split: str) -> dict:
    """A conversation with one to five tools."""
    roll = rng.random()
    make = in_words if roll < WORDS_RATE else read if roll < WORDS_RATE + READING_RATE else called
    tools, messages, expected = make(rng, split)
    if rng.random() < SYSTEM_RATE:
        messages.insert(0, {"role": "system", "content": template(Draw(rng, split), OTHER_FILE, "system")})
    return {"kind": "tools", "tools": [tool.schema for tool in tools], "messages": messages, "expected": expected}
