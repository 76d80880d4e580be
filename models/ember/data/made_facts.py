"""Facts that nobody has told yet: their words are made anew for each passage of the training.

A model that meets the same statements again and again learns by heart where their values stand; one that meets new words each time learns to look for the
question's words, and for the one whom it asks about.
"""

import random

from .facts import ARTICLE_KINDS, Fact, capitalized, fill
from .made_words import word
from .value_kinds import KINDS
from .word_lists import Parts

# What such a fact is called.
NAME = "made anew"
# Values that are sentences, or parts of them.
CLAUSES = ("reason", "chore", "decision")
PREPOSITIONS = ("with", "near", "for", "from", "after", "before", "under", "behind", "without", "by")
# A thing {n} that somebody has; {S} is the subject as it stands in a sentence.
THING_SAID = (
    "{S} has the {n} {v}.", "The {n} of {S} is {v}.", "{S} has {v} as {n}.", "As {n}, {S} has {v}.", "For {S}, the {n} is {v}.", "The {n} that belongs to {S} is {v}.",
    "When it comes to the {n}, {S} has {v}.", "{S} was given {v} as {n}.", "What {S} has as {n} is {v}.", "{S} changed the {n} to {v}.", "{S}: {n} {v}.",
    "By {n}, {S} is known for {v}.", "The {n} was {v} for {S}.", "{S} comes with {v}, which is the {n}.",
)
THING_ASKED = {
    "v": (
        "What is the {n} of {S}?", "What {n} does {S} have?", "Which {n} has {S}?", "What does {S} have as {n}?", "What is the {n} for {S}?", "Which {n} belongs to {S}?",
        "What about the {n} of {S}?", "Which {n} do you find for {S}?", "As {n}, what does {S} have?", "What was named as the {n} of {S}?",
    ),
    "P": ("Who or what has the {n} {v}?", "To whom or what does the {n} {v} belong?", "Which one has {v} as {n}?", "Whose {n} is {v}?"),
}
# Slots that are filled when the fact is told.
KEPT = {"v": "{v}", "w": "{w}"}
# Something that somebody does: {b}, {s}, {d} are the verb's forms, {r} is a preposition.
DEED_SAID = (
    "{S} {d} {v} {r} {w}.", "{S} {s} {v} {r} {w}.", "{S} had to {b} {v} {r} {w}.", "It is said that {S} {d} {v} {r} {w}.", "{S} wanted to {b} {v} {r} {w}.",
    "{S} will {b} {v} {r} {w}.", "As we know, {S} {s} {v} {r} {w}.", "{S} never stops to {b} {v} {r} {w}.", "At last {S} {d} {v} {r} {w}.",
)
DEED_ASKED = {
    "v": ("What did {S} {b}?", "What does {S} {b}?", "What will {S} {b} {r} {w}?", "What has {S} {d}?", "What was it that {S} {d} {r} {w}?", "What is {d} by {S}?"),
    "w": ("{R} what did {S} {b} {v}?", "{R} what does {S} {b} {v}?", "What did {S} {b} {v} {r}?", "{R} what is {v} {d}?", "{R} what will {S} {b}?"),
    "P": ("Who or what {d} {v}?", "By whom or what was {v} {d}?", "Who or what {s} {v} {r} {w}?", "Which one {d} {v} {r} {w}?"),
}


def _forms(base: str) -> dict[str, str]:
    """A verb as it is, of him who does it, and of him who did."""
    return {"b": base, "s": base + "s", "d": base + ("d" if base.endswith("e") else "ed")}


def _written(lines: tuple[str, ...], words: dict[str, str]) -> list[str]:
    """The templates with these words in them, where the slots of facts stay as they are."""
    return [capitalized(fill(line, KEPT | words)) for line in lines]


def made_fact(rng: random.Random, kind: str) -> Fact:
    """A type of fact about subjects of `kind`, in training."""
    words = {"S": "the {P}" if kind in ARTICLE_KINDS else "{P}"}
    values = [value for value in KINDS if value not in CLAUSES]
    if rng.random() < 0.5:
        said, asked, slots = THING_SAID, THING_ASKED, {"v": rng.choice(values)}
        words["n"] = word(rng) if rng.random() < 0.7 else f"{word(rng)} {word(rng)}"
    else:
        said, asked, slots = DEED_SAID, DEED_ASKED, {slot: rng.choice(values) for slot in ("v", "w")}
        preposition = rng.choice(PREPOSITIONS)
        words |= {**_forms(word(rng)), "r": preposition, "R": preposition.capitalize()}
    asks = {slot: Parts(_written(lines, words), []) for slot, lines in asked.items()}
    return Fact(kind, NAME, slots, Parts(_written(said, words), []), asks)
