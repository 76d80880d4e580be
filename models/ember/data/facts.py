"""Types of facts: how each is stated and asked about, read from `facts_*.txt`.

A fact is about a subject of some kind (a person, an event, a product) and has slots with values of some kind.
"""

import random
import re
from dataclasses import dataclass, field
from functools import lru_cache

from .value_kinds import Draw, KINDS, company, first_name, object_name, surname, title, town
from .word_lists import Parts, sections

FILES = ["facts_people.txt", "facts_days.txt", "facts_events.txt", "facts_things.txt", "facts_places.txt"]
FRAMES = "facts_frames.txt"
SLOT = re.compile(r"\{(\w+)\}")
BODY = "body"  # the slot of a frame that holds the passage
# Subjects that an article stands before.
ARTICLE_KINDS = ("event", "train", "group", "club", "team", "product", "recipe", "hotel", "garden")


@dataclass
class Fact:
    """One type of fact about one kind of subject; `P` is the slot of the subject itself."""

    kind: str
    name: str
    slots: dict[str, str]  # slot -> kind of value
    say: Parts = field(default_factory=lambda: Parts([], []))
    ask: dict[str, Parts] = field(default_factory=dict)  # asked slot -> questions
    phrases: dict[str, Parts] = field(default_factory=dict)  # asked slot -> noun phrases
    near: list[str] = field(default_factory=list)  # facts that may answer the same question


@dataclass(frozen=True)
class Subject:
    """Who or what a passage tells about; `pronoun` is empty where none is sure."""

    kind: str
    name: str
    pronoun: str


@dataclass(frozen=True)
class Stated:
    """A fact with its values, `P` among them."""

    fact: Fact
    values: dict[str, str]


def fill(template: str, values: dict[str, str]) -> str:
    """`template` with each `{slot}` replaced by its value."""
    return SLOT.sub(lambda match: values[match.group(1)], template)


def capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def draw_values(fact: Fact, rng: random.Random, split: str) -> dict[str, str]:
    """A value for each slot except the subject and the body."""
    return {slot: KINDS[kind](Draw(rng, split)) for slot, kind in fact.slots.items() if kind != BODY}


def _person(d: Draw) -> tuple[str, str]:
    section = d.rng.choice(["women", "men"])
    name = d.name(section)
    if d.chance(0.3):
        name = f"{name} {surname(d)}"
    return name, "She" if section == "women" else "He"


def _vehicle(d: Draw) -> str:
    vehicle = d.rng.choice(["train", "bus", "ferry", "tram", "coach", "boat"])
    if d.chance(0.3):
        return f"number {d.integer(2, 99)} {vehicle}"
    sorts = ["morning", "evening", "night", "noon", "first", "last", "express", "slow", "mail"]
    return f"{d.rng.choice(sorts)} {vehicle}"


def _hotel(d: Draw) -> str:
    name = first_name(d) if d.chance(0.2) else d.thing("title_heads")
    return f"{name} {d.rng.choice(['Hotel', 'Inn', 'House', 'Lodge', 'Hostel'])}"


RECIPES = ["pie", "cake", "bread", "tart", "pudding", "flan", "crumble", "gratin", "loaf", "casserole", "roll", "torte"]
SUBJECTS = {
    "event": lambda d: f"{d.thing('event_heads')} {d.thing('event_tails')}",
    "train": _vehicle,
    "group": lambda d: d.thing("groups"),
    "club": lambda d: f"{d.thing('club_heads')} club",
    "team": KINDS["team"],
    "product": lambda d: f"{company(d) if d.chance(0.5) else d.name('name_heads') + d.name('name_tails')} "
    + d.thing("objects"),
    "zoo": KINDS["pet_name"],
    "recipe": lambda d: f"{d.thing('dish_heads')} {d.rng.choice(RECIPES)}",
    "book": title,
    "town": town,
    "firm": company,
    "hotel": _hotel,
    "garden": lambda d: f"{d.rng.choice(['north', 'south', 'east', 'west', 'school', 'upper', 'lower', 'old', 'new'])} "
    + d.rng.choice(["garden", "field", "greenhouse", "yard", "terrace"]),
}


def draw_subject(kind: str, rng: random.Random, split: str) -> Subject:
    """A subject of `kind`."""
    d = Draw(rng, split)
    if kind in ("person", "order"):
        return Subject(kind, *_person(d))
    return Subject(kind, SUBJECTS[kind](d), "It")


def _add_line(fact: Fact, line: str) -> None:
    mark, rest = line.split(" ", 1)
    held = mark.endswith("*")
    if mark in ("s", "s*"):
        (fact.say.held if held else fact.say.train).append(rest.replace("\\n", "\n"))
    elif mark == "near":
        fact.near.extend(rest.split())
    else:
        slot, text = rest.split(": ", 1)
        if mark in ("np", "np+"):
            phrases = fact.phrases.setdefault(slot, Parts([], []))
            phrases.train.append(text)
            if mark == "np":
                phrases.held.append(text)
        else:
            parts = fact.ask.setdefault(slot, Parts([], []))
            (parts.held if held else parts.train).append(text)


def _read(file_name: str) -> list[Fact]:
    facts = []
    for heading, lines in sections(file_name).items():
        name, *slots = heading.split()
        kind, name = name.split("/")
        fact = Fact(kind, name, dict(slot.split("=") for slot in slots))
        for line in lines:
            _add_line(fact, line)
        facts.append(fact)
    return facts


@lru_cache(maxsize=None)
def all_facts() -> dict[str, list[Fact]]:
    """The facts of every kind of subject, in the order of the files."""
    found: dict[str, list[Fact]] = {}
    for file_name in FILES:
        for fact in _read(file_name):
            found.setdefault(fact.kind, []).append(fact)
    return found


@lru_cache(maxsize=None)
def frames() -> list[Fact]:
    """What can stand around a passage."""
    return _read(FRAMES)
