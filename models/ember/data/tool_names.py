"""Tools as nobody has declared them yet: names, parameter names and descriptions, made anew for each prompt of the training.

A model that meets the same names again and again learns them by heart; one that meets new ones each time learns to read them in the prompt.
"""

import random

from .copying import NAMES, WORDS
from .made_words import made_word
from .word_lists import common_words

# What a made name is of: the tool's own words, one of them beside any word, or any words.
OWN_RATE, BESIDE_RATE = 0.45, 0.25
# How often the parameters of a tool share a word.
SHARED_RATE = 0.3
VERBS = ("get", "find", "do", "make", "run", "fetch", "give", "show", "tell", "use", "call", "ask", "read", "new", "my", "the", "quick", "easy", "auto", "tool")
ENDINGS = ("tool", "now", "api", "service", "helper", "v2", "2", "x", "for_me", "it", "job", "task", "function", "plus", "pro")
TOPICS = {
    "time": "time clock hour watch now timezone", "sum": "sum total add numbers adder addition", "pair": "sum total add plus adder addition",
    "convert": "unit units convert measure conversion scale", "search": "search find documents files notes library texts",
    "timer": "timer countdown minutes alarm bell", "weather": "weather sky rain forecast climate", "note": "note message letter mail memo",
    "dice": "dice die roll chance cube", "translate": "translate word language dictionary lexicon", "page": "page open view screen site",
}
SUBJECTS = {
    "time": ("the time in a city", "the time of day somewhere", "the hour in a town", "the local time of a place", "the clock of a city"),
    "sum": ("the sum of numbers", "the total of a list", "adding numbers", "numbers that are added", "a total"),
    "pair": ("the sum of two numbers", "adding two numbers", "two numbers that are added"),
    "convert": ("a value in another unit", "changing units", "units of measure", "the conversion of a value", "measures in other units"),
    "search": ("documents about some words", "what the files say", "a search in documents", "finding notes", "texts of the user"),
    "timer": ("a timer", "a countdown", "ringing after some minutes"),
    "weather": ("the weather in a city", "rain and sun", "the weather somewhere", "a forecast for a town"),
    "note": ("a note to someone", "sending a message", "short letters"),
    "dice": ("a roll of a die", "rolling dice", "a random number of a die"),
    "translate": ("a word in another language", "translating words", "a translation"),
    "page": ("opening a page", "a page of the app", "going to a page"),
}
SAYINGS = ("For {s}.", "Gives {s}.", "Tool for {s}.", "Use it for {s}.", "{s}", "This is for {s}.", "When asked for {s}.", "Provides {s}.", "Helps with {s}.", "Used for {s}.")
PARAMETER_ENDINGS = ("", "", "_name", "_value", "_1", "_text", "_arg", "2", "_in", "_of", "_given")


def any_word(rng: random.Random) -> str:
    """A word of any kind that may stand in a name."""
    roll = rng.random()
    if roll < 0.5:
        return rng.choice(common_words())
    word = made_word(rng) if roll < 0.7 else rng.choice(NAMES if roll < 0.8 else WORDS)
    return word.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def joined(rng: random.Random, parts: list[str]) -> str:
    """The parts as one identifier, in one of the customs."""
    roll = rng.random()
    if roll < 0.65:
        return "_".join(parts)
    if roll < 0.85:
        return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])
    return ("-" if roll < 0.95 else "").join(parts)


def made_name(rng: random.Random, key: str) -> str:
    """A name for a tool of that kind."""
    topic, roll = rng.choice(TOPICS[key].split()), rng.random()
    if roll < OWN_RATE:
        parts = [rng.choice(VERBS), topic] if rng.random() < 0.6 else [topic, rng.choice(ENDINGS)]
    elif roll < OWN_RATE + BESIDE_RATE:
        parts = [topic, any_word(rng)]
        rng.shuffle(parts)
    else:
        parts = [any_word(rng) for _ in range(rng.choice((1, 2, 2)))]
    return joined(rng, parts)


def made_parameters(rng: random.Random, known: list[list[str]]) -> list[str]:
    """A name for each parameter, of the `known` ones for it or of any word; now and then all with one word before or behind it."""
    roll, shared = rng.random(), any_word(rng)
    while True:
        names = [(rng.choice(words) + rng.choice(PARAMETER_ENDINGS) if rng.random() < 0.5 else any_word(rng)) for words in known]
        if len(names) > 1 and roll < SHARED_RATE:
            names = [f"{shared}_{name}" if roll < SHARED_RATE / 2 else f"{name}_{shared}" for name in names]
        if len(set(names)) == len(names):
            return names


def made_description(rng: random.Random, key: str) -> str:
    """What a tool of that kind is for."""
    said = rng.choice(SAYINGS).replace("{s}", rng.choice(SUBJECTS[key]))
    return said[0].upper() + said[1:]
