"""Passages: some facts about two or three subjects, told in sentences in some order and form.

At least one fact is told of two subjects, so that a question about it has a wrong answer close at hand.
"""

import random
from dataclasses import dataclass

from .facts import BODY, Fact, Stated, Subject, all_facts, capitalized, draw_subject, draw_values, fill, frames
from .made_facts import made_fact
from .word_lists import templates

FRAME_FILE = "frames_passages.txt"
MAX_CHARS = 560
MAX_SENTENCES = 7
PRONOUN_RATE = 0.3
ASIDE_RATE = 0.15
# How many of the facts of a training passage are made anew.
MADE_RATE = 0.4
# A statement that opens with one of these takes no words before it.
ORDERS = ("Use", "Mix", "Take", "Bring", "Find", "Give", "Meet", "Have", "Bake", "Please", "Come", "To")
NOT_VERBS = ("on", "by", "of", "to", "from", "in", "and")  # after these words a name does not become a pronoun
NEIGHBORS = {
    "person": ["event", "town", "firm", "club"], "event": ["person", "train", "town"], "train": ["town", "hotel"],
    "group": ["event", "person"], "club": ["event", "person"], "team": ["event"], "product": ["firm", "order"],
    "order": ["product"], "zoo": ["person"], "recipe": ["event"], "book": ["person"], "town": ["hotel", "train"],
    "firm": ["product", "person"], "hotel": ["train", "town"], "garden": ["person", "recipe"],
}


@dataclass
class Passage:
    """A text, the subjects it tells about, and what it states (its frame among it)."""

    text: str
    subjects: list[Subject]
    stated: list[Stated]


class Clash(Exception):
    """Two values of one passage were alike, or the text became too long: draw again."""


class Writer:
    """Draws the facts of one passage, no value twice."""

    def __init__(self, rng: random.Random, split: str):
        self.rng = rng
        self.split = split
        self.used: list[str] = []

    def keep(self, text: str) -> None:
        """Notes `text` as used; a clash where it stands in another value or holds one."""
        if any(text in other or other in text for other in self.used):
            raise Clash(text)
        self.used.append(text)

    def subject(self, kind: str) -> Subject:
        subject = draw_subject(kind, self.rng, self.split)
        self.keep(subject.name)
        return subject

    def state(self, fact: Fact, subject: Subject | None) -> Stated:
        values = draw_values(fact, self.rng, self.split)
        for value in values.values():
            self.keep(value)
        if subject:
            values["P"] = subject.name
        return Stated(fact, values)


def _plan(writer: Writer) -> tuple[list[Subject], list[tuple[Subject, Stated]]]:
    """Subjects, and facts about them: the first fact of all of them, the others of one or two."""
    rng = writer.rng
    kinds = list(NEIGHBORS)
    kind = rng.choices(kinds, [2 + len(all_facts()[kind]) for kind in kinds])[0]
    subjects = [writer.subject(kind) for _ in range(3 if rng.random() < 0.2 else 2)]
    facts = all_facts()[kind]
    chosen = rng.sample(facts, min(len(facts), rng.choice([1, 1, 2, 2, 3])))
    if writer.split == "train":
        chosen = [made_fact(rng, kind) if rng.random() < MADE_RATE else fact for fact in chosen]
    plan = [(subject, writer.state(chosen[0], subject)) for subject in subjects]
    for fact in chosen[1:]:
        for subject in rng.sample(subjects, rng.choice([1, 2])):
            plan.append((subject, writer.state(fact, subject)))
    if rng.random() < 0.3:
        other = writer.subject(rng.choice(NEIGHBORS[kind]))
        plan.append((other, writer.state(rng.choice(all_facts()[other.kind]), other)))
        subjects.append(other)
    return subjects, plan[:MAX_SENTENCES]


def _order(rng: random.Random, plan: list[tuple[Subject, Stated]]) -> list[tuple[Subject, Stated]]:
    """Told subject by subject, fact by fact, or in any order."""
    roll = rng.random()
    if roll < 0.3:
        return plan
    mixed = rng.sample(plan, len(plan))
    if roll < 0.55:
        return mixed
    names = list(dict.fromkeys(subject.name for subject, _ in mixed))
    return sorted(mixed, key=lambda item: names.index(item[0].name))


def with_pronoun(template: str, pronoun: str) -> str:
    """`template` with a pronoun for the subject, where it opens with the subject and names it once."""
    if not pronoun or template.count("{P}") != 1:
        return template
    possessive = {"She": "Her", "He": "His", "It": "Its"}[pronoun]
    for opening in ("The {P}", "{P}"):
        if template.startswith(opening + "'s "):
            return possessive + template[len(opening) + 2:]
        if template.startswith(opening + " ") and template[len(opening):].split()[0] not in NOT_VERBS:
            return pronoun + template[len(opening):]
    return template


def with_aside(template: str, lead: str, tail: str) -> str:
    """`template` after `lead` or before `tail`; its first word loses the capital where that is no name."""
    if lead:
        if template.split()[0] in ORDERS:
            return template
        opening = template if template.startswith("{") else template[0].lower() + template[1:]
        return f"{lead} {opening}"
    return template[:-1] + tail if template.endswith(".") else template


def _sentences(writer: Writer, plan: list[tuple[Subject, Stated]]) -> list[str]:
    """Each fact in a sentence; a pronoun only right after a sentence that names no one else."""
    rng, told, last = writer.rng, [], None
    for subject, stated in plan:
        template = rng.choice(stated.fact.say.of(writer.split))
        if last == subject and rng.random() < PRONOUN_RATE:
            template = with_pronoun(template, subject.pronoun)
        if rng.random() < ASIDE_RATE:
            section = rng.choice(["lead", "tail"])
            words = rng.choice(templates(FRAME_FILE)[section].of(writer.split))
            template = with_aside(template, words if section == "lead" else "", words)
        told.append(capitalized(fill(template, stated.values)))
        others = [kind for kind in stated.fact.slots.values() if kind in ("person", "first_name")]
        last = None if others else subject
    return told


def _joined(writer: Writer, told: list[str], kind: str) -> str:
    """The sentences with an opening or an aside now and then, as running text or as a list."""
    rng, frame = writer.rng, templates(FRAME_FILE)
    if rng.random() < 0.3:
        told = [rng.choice(frame[f"open_{kind}"].of(writer.split))] + told
    if rng.random() < 0.2:
        told.insert(rng.randint(1, len(told)), rng.choice(frame["filler"].of(writer.split)))
    told = told[:MAX_SENTENCES]
    roll = rng.random()
    if roll < 0.08:
        return "\n".join("- " + sentence for sentence in told)
    return ("\n" if roll < 0.16 else " ").join(told)


def _draw(rng: random.Random, split: str) -> Passage:
    writer = Writer(rng, split)
    subjects, plan = _plan(writer)
    plan = _order(rng, plan)
    text = _joined(writer, _sentences(writer, plan), plan[0][0].kind)
    stated = [stated for _, stated in plan]
    if rng.random() < 0.2:
        frame = writer.state(rng.choice(frames()), None)
        text = fill(rng.choice(frame.fact.say.of(split)), {**frame.values, BODY: text})
        stated.append(frame)
    if len(text) > MAX_CHARS:
        raise Clash(text)
    return Passage(text, subjects, stated)


def compose(rng: random.Random, split: str) -> Passage:
    """A passage; draws again after a clash."""
    while True:
        try:
            return _draw(rng, split)
        except Clash:
            continue
