"""Requests for each tool: the words of the user, the arguments they hold, and what comes of the call."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .facts import fill
from .made_words import word
from .units import converted, draw_units
from .value_kinds import KINDS, MONTHS, Draw, town
from .word_lists import templates, words

MAIN_FILE = "requests_main.txt"
OTHER_FILE = "requests_other.txt"
THINGS_FILE = "requests_things.txt"
THING_RATE = 0.45  # how often a phrasing is put together, where it can be
SEARCH_FILE = "words_search.txt"
MAX_QUERY_WORDS = 6
ANY_QUERY_RATE = 0.5  # how often training searches for any words
# How often two numbers go to a tool that takes just two. Training has more of them, as few requests come to it.
PAIR_RATE = {"train": 0.45, "held": 0.25}
JOINING = ("of", "for", "in", "from", "by", "on", "at", "about", "with", "to", "number", "and", "the", "before", "after", "without")
# Numbers of a sum. In training more of them: where a list ends is what is hard to learn.
COUNTS = {"train": [2, 2, 2, 3, 3, 4, 5, 6, 7, 8], "held": [2, 2, 2, 3, 3, 4, 5, 6]}
THINGS_COUNTED = re.compile(r"paid|spent|bills|boxes|walked|prices|scores")
PAGES = ["settings", "home", "help", "contact", "history", "profile", "news", "downloads", "gallery", "calendar",
         "inbox", "about", "models", "search", "archive", "orders", "cart", "map", "reports", "team"]
SKIES = ["rain", "sun", "snow", "clouds", "fog", "wind", "light rain", "clear sky", "a storm", "hail"]


@dataclass(frozen=True)
class Request:
    """What is asked of one tool: `arguments` by role, the tool's answer, and the sentence that uses it."""

    key: str
    text: str
    arguments: dict[str, object]
    result: str
    reply: str


def number(d: Draw, negative: bool = True) -> tuple[str, int | float]:
    """A number of one to five digits as it is written and as it is; some with decimals, some below zero."""
    low, high = d.rng.choice([(1, 9), (10, 99), (10, 99), (100, 999), (1000, 9999), (10000, 99999)])
    text = str(d.integer(low, high))
    if d.chance(0.25):
        text += f".{d.rng.choice(['', str(d.integer(0, 9))])}{d.integer(1, 9)}"
    if negative and d.chance(0.1):
        text = "-" + text
    return text, float(text) if "." in text else int(text)


def plain(value: Decimal | int | float) -> int | float:
    """A number as JSON writes it best: whole numbers without a point."""
    return int(value) if value == int(value) else float(value)


def result_text(d: Draw, key: str, value: object) -> str:
    """What a tool sends back: the value alone, or an object that holds it."""
    if d.chance(0.5):
        return value if isinstance(value, str) else json.dumps(value)
    return json.dumps({d.rng.choice([key, "result"]): value})


def template(d: Draw, file_name: str, section: str) -> str:
    """A phrasing of the section; in training now and then one of the section's things in a frame that suits any thing."""
    phrasings, things = templates(file_name)[section], templates(THINGS_FILE).get(section)
    if d.split == "train" and things and d.chance(THING_RATE):
        framed = d.rng.choice(templates(THINGS_FILE)["frames"].train).replace("{thing}", d.rng.choice(things.train))
        framed = framed if framed.startswith("{") else framed[0].upper() + framed[1:]
        if framed not in phrasings.held:
            return framed
    return d.rng.choice(phrasings.of(d.split))


def time_request(d: Draw) -> Request:
    city = town(d)
    text = fill(template(d, MAIN_FILE, "time"), {"city": city})
    hour = f"{d.integer(0, 23):02d}:{d.integer(0, 59):02d}"
    reply = d.rng.choice(["It is {t} in {c}.", "The time in {c} is {t}.", "In {c} it is {t}."])
    return Request("time", text, {"city": city}, result_text(d, "time", hour), fill(reply, {"t": hour, "c": city}))


def sum_request(d: Draw) -> Request:
    wording = template(d, MAIN_FILE, "sum")
    count = d.rng.choice(COUNTS[d.split])
    drawn = [number(d, not THINGS_COUNTED.search(wording)) for _ in range(count)]
    texts = [text for text, _ in drawn]
    joined = ", ".join(texts[:-1]) + d.rng.choice([" and ", " and ", ", and " if count > 2 else " and "]) + texts[-1]
    plus = d.rng.choice([" + ", " + ", " plus ", "+"]).join(texts)
    forms = {"list": joined, "commas": ", ".join(texts), "plus": plus}
    total = plain(sum(Decimal(text) for text in texts))
    reply = d.rng.choice(["The sum is {t}.", "That makes {t}.", "Together that is {t}.", "The total is {t}."])
    numbers = [value for _, value in drawn]
    key, arguments = "sum", {"numbers": numbers}
    if count == 2 and d.chance(PAIR_RATE[d.split]):
        key, arguments = "pair", {"a": numbers[0], "b": numbers[1]}
    result = result_text(d, d.rng.choice(["sum", "total"]), total)
    return Request(key, fill(wording, forms), arguments, result, fill(reply, {"t": json.dumps(total)}))


def convert_request(d: Draw) -> Request:
    while True:
        measure, source, target = draw_units(d.rng)
        text, value = number(d, measure == "temperature")
        result = converted(value, source, target)
        if 0.001 <= abs(result) < 1e9 and abs(value) != 1:
            break
    names = {"value": text, "from": d.rng.choice(source.spellings), "to": d.rng.choice(target.spellings)}
    request = fill(template(d, MAIN_FILE, "convert"), names)
    reply = d.rng.choice(["{value} {from} is {r} {to}.", "That is {r} {to}.", "It is {r} {to}."])
    shown = json.dumps(result)
    sent = f"{shown} {names['to']}" if d.chance(0.4) else result_text(d, "value", result)
    return Request("convert", request, {**names, "value": value}, sent, fill(reply, {**names, "r": shown}))


def query(d: Draw) -> str:
    """One to six words to search for; in training now and then any words."""
    if d.split == "train" and d.chance(ANY_QUERY_RATE):
        wanted = [word(d.rng) for _ in range(d.integer(1, MAX_QUERY_WORDS - 1))]
        if len(wanted) > 1 and d.chance(0.4):
            wanted.insert(d.integer(1, len(wanted) - 1), d.rng.choice(JOINING))
        return " ".join(wanted)
    lists = words(SEARCH_FILE)
    slots = {
        "town": lambda: town(d), "person": lambda: KINDS["first_name"](d), "company": lambda: KINDS["company"](d),
        "year": lambda: str(d.integer(1990, 2035)), "month": lambda: d.rng.choice(MONTHS),
        "object": lambda: KINDS["object"](d), "number": lambda: str(d.integer(2, 9999)),
    }
    while True:
        roll = d.rng.random()
        if roll < 0.2:
            text = d.rng.choice([slots["town"], slots["person"], slots["company"], slots["object"]])()
        else:
            text = lists["heads"].word(d.rng, d.split)
            tail = lists["tails"].word(d.rng, d.split) if roll < 0.75 else ""
            text = re.sub(r"\{(\w+)\}", lambda match: slots[match.group(1)](), f"{text} {tail}".strip())
        if len(text.split()) <= MAX_QUERY_WORDS:
            return text


def search_request(d: Draw) -> Request:
    wanted = query(d)
    text = fill(template(d, MAIN_FILE, "search"), {"query": wanted})
    roll = d.rng.random()
    if roll < 0.15:
        result, reply = d.rng.choice(["[]", "nothing found", '{"results": []}']), f"I found nothing about {wanted}."
    elif roll < 0.6:
        names = [f"{d.rng.choice(['notes', 'list', 'plan', 'letter', 'report', 'file'])}-{d.integer(2, 999)}"
                 for _ in range(d.integer(1, 3))]
        joined = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        result, reply = json.dumps({"results": names} if d.chance(0.5) else names), f"I found {joined}."
    else:
        line = found_line(d)
        result, reply = result_text(d, "text", line), f"The documents say: {line}"
    return Request("search", text, {"query": wanted}, result, reply)


def found_line(d: Draw) -> str:
    """A sentence that a document may hold."""
    line = d.rng.choice([
        "It was decided on {date}.", "Ask {person} in {room}.", "The price is {price}.", "It starts at {clock}.",
        "Everything is in {container}.", "It is kept at {address}.", "The number is {code}.", "Call {phone}.",
        "{person} takes care of it.", "It takes {duration}.", "The limit is {count}.", "See page {pages}.",
    ])
    return re.sub(r"\{(\w+)\}", lambda match: KINDS[match.group(1)](d), line)


def timer_request(d: Draw) -> Request:
    minutes = d.integer(2, 180)
    text = fill(template(d, OTHER_FILE, "timer"), {"minutes": str(minutes)})
    result = d.rng.choice(["ok", "started", '{"ok": true}'])
    return Request("timer", text, {"minutes": minutes}, result, f"The timer is set for {minutes} minutes.")


def weather_request(d: Draw) -> Request:
    city = town(d)
    text = fill(template(d, OTHER_FILE, "weather"), {"city": city})
    weather = f"{d.rng.choice(SKIES)}, {d.integer(-20, 40)} degrees"
    result = result_text(d, "weather", weather)
    return Request("weather", text, {"city": city}, result, f"Weather in {city}: {weather}.")


def note_request(d: Draw) -> Request:
    form = d.rng.choice(["{reason}", "please {chore}", "dinner is at {clock}", "I am at {place}",
                         "see you on {weekday}", "{the_object} is in {container}", "we meet in {room}",
                         "happy birthday", "call me at {phone}"])
    text = re.sub(r"\{(\w+)\}", lambda match: KINDS[match.group(1)](d), form)
    arguments = {"to": KINDS["person"](d), "text": text}
    request = fill(template(d, OTHER_FILE, "note"), arguments)
    result = d.rng.choice(["sent", "ok", '{"sent": true}'])
    return Request("note", request, arguments, result, f"I sent the note to {arguments['to']}.")


def dice_request(d: Draw) -> Request:
    sides = d.integer(3, 120)
    text = fill(template(d, OTHER_FILE, "dice"), {"sides": str(sides)})
    rolled = d.integer(1, sides)
    return Request("dice", text, {"sides": sides}, result_text(d, "roll", rolled), f"The die shows {rolled}.")


def translate_request(d: Draw) -> Request:
    said = d.thing(d.rng.choice(["objects", "animals", "colors", "adjectives"]))
    arguments = {"word": said, "language": d.thing("languages")}
    text = fill(template(d, OTHER_FILE, "translate"), arguments)
    found = (d.name("name_heads") + d.name("name_tails")).lower()
    return Request("translate", text, arguments, result_text(d, "word", found), f"It is {found}.")


def page_request(d: Draw) -> Request:
    name = d.rng.choice(PAGES) if d.chance(0.6) else d.name("name_heads") + d.name("name_tails")
    text = fill(template(d, OTHER_FILE, "page"), {"name": name})
    return Request("page", text, {"name": name}, d.rng.choice(["ok", "opened"]), f"The page {name} is open.")


REQUESTS: dict[str, Callable[[Draw], Request]] = {
    "time": time_request, "sum": sum_request, "convert": convert_request, "search": search_request,
    "timer": timer_request, "weather": weather_request, "note": note_request, "dice": dice_request,
    "translate": translate_request, "page": page_request,
}


def draw_request(key: str, rng: random.Random, split: str) -> Request:
    """A request for the tool of that kind."""
    return REQUESTS[key](Draw(rng, split))
