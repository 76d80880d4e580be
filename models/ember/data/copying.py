"""Requests to look back: lines to repeat, tables to look something up in, words beside words. Each answer is copied from what was said.

A sample is {"kind": "copy", "messages": [...], "expected": span}, where `expected` belongs to the last turn.
"""

import random

from . import words_people, words_world
from .made_words import made_word
from .word_lists import common_words, templates

FILE = "copying.txt"
SEPARATORS = (": ", ": ", " - ", " = ", " -> ", ", ")
WORDS = tuple(dict.fromkeys(
    word
    for group in (words_world.ANIMALS, words_world.COLOURS, words_world.THINGS, words_world.BREAKABLE, words_world.DISHES,
                  words_world.CLOTHS, words_world.TREES, words_world.HOBBIES, words_people.TRAITS)
    for word in group
))
NAMES = words_people.GIRLS + words_people.BOYS
# How often a piece is one of all the words that the texts have, in training.
COMMON_RATE = 0.35
Message = dict[str, str]


def number(rng: random.Random) -> str:
    """A number of one to five digits, or a code with one."""
    digits = str(rng.randrange(10 ** rng.randint(1, 5)))
    return digits if rng.random() < 0.7 else f"{rng.choice('ABCDEFGHKLMNPRSTUVWXYZ')}{rng.choice(('', '-'))}{digits}"


def piece(rng: random.Random, split: str) -> str:
    """A word, in training now and then one of all that the texts have, a name, a made word or a number."""
    roll = rng.random()
    if roll < COMMON_RATE and split == "train":
        return rng.choice(common_words())
    if roll < 0.4:
        return rng.choice(WORDS)
    if roll < 0.6:
        return rng.choice(NAMES)
    return made_word(rng) if roll < 0.8 else number(rng)


def pieces(rng: random.Random, split: str, count: int) -> list[str]:
    """So many different ones; now and then all of one sort."""
    def any_piece(r: random.Random) -> str:
        return piece(r, split)

    make = rng.choice((any_piece, any_piece, lambda r: r.choice(WORDS), lambda r: r.choice(NAMES), made_word, number))
    found: dict[str, None] = {}
    while len(found) < count:
        found[make(rng) if rng.random() < 0.95 else piece(rng, split)] = None
    return list(found)


def frame(rng: random.Random, split: str, section: str) -> str:
    """A phrasing of that split."""
    return rng.choice(templates(FILE)[section].of(split))


def echo(rng: random.Random, split: str) -> tuple[list[str], list[str]]:
    """A line, and the line again."""
    line = rng.choice((" ", " ", ", ")).join(pieces(rng, split, rng.randint(2, 16)))
    return [frame(rng, split, "echo").replace("{x}", line)], [line]


def lookup(rng: random.Random, split: str) -> tuple[list[str], list[str]]:
    """A table, and what stands in it."""
    count = rng.randint(2, 7)
    both = pieces(rng, split, 2 * count)
    rows = list(zip(both[:count], both[count:], strict=True))
    separator = rng.choice(SEPARATORS)
    table = "\n".join(key + separator + value for key, value in rows)
    asked = rng.sample(rows, min(count, rng.randint(1, 5)))
    questions, answers = [], []
    for key, value in asked:
        by_key = rng.random() < 0.7
        question = frame(rng, split, "value").replace("{k}", key) if by_key else frame(rng, split, "key").replace("{v}", value)
        questions.append(question)
        answers.append(value if by_key else key)
    questions[0] = frame(rng, split, "table").replace("{t}", table).replace("{q}", questions[0])
    return questions, answers


def neighbour(rng: random.Random, split: str) -> tuple[list[str], list[str]]:
    """A line of words, and which stands beside which."""
    line = pieces(rng, split, rng.randint(4, 12))
    questions, answers = [], []
    for at in rng.sample(range(1, len(line)), min(len(line) - 1, rng.randint(1, 4))):
        after = rng.random() < 0.7
        asked, answer = (line[at - 1], line[at]) if after else (line[at], line[at - 1])
        questions.append(frame(rng, split, "after" if after else "before").replace("{w}", asked))
        answers.append(answer)
    text = rng.choice((", ", ", ", " ", "\n")).join(line)
    questions[0] = frame(rng, split, "line").replace("{x}", text).replace("{q}", questions[0])
    return questions, answers


def sample(rng: random.Random, split: str) -> dict:
    """A conversation of one to five such requests on one text."""
    make = rng.choices((echo, lookup, neighbour), (0.4, 0.4, 0.2))[0]
    questions, answers = make(rng, split)
    messages: list[Message] = []
    for question, answer in zip(questions, answers, strict=True):
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"kind": "copy", "messages": messages, "expected": answers[-1]}
