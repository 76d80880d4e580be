"""Questions on a passage that stands in the conversation; the answer is a span of it, word for word.

A sample is {"kind": "passage", "messages": [...], "expected": span}, where `expected` belongs to the last turn.
Some questions have no answer in the passage and are answered with `NOT_SAID`.
"""

import random
from dataclasses import dataclass

from .facts import ARTICLE_KINDS, Fact, Stated, all_facts, draw_subject, draw_values, fill
from .passage_text import FRAME_FILE, Passage, compose
from .word_lists import templates

NOT_SAID = "The passage does not say."
UNANSWERABLE_RATE = 0.08
MORE_TURNS_RATE = 0.35
# Questions in training after the first, where the passage answers so many: each passage is read once and pays often.
LEAST_MORE, MOST_MORE = 2, 9
CASUAL_RATE = 0.08
PERSON_KINDS = ("person", "first_name")
Message = dict[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked and the answer; `stated` and `slot` say where it comes from, where it has an answer."""

    text: str
    answer: str
    stated: Stated | None = None
    slot: str = ""


def message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


class Asker:
    """Asks about one passage, nothing twice."""

    def __init__(self, rng: random.Random, split: str, passage: Passage):
        self.rng = rng
        self.split = split
        self.passage = passage
        self.asked: list[tuple[Stated | None, str]] = []

    def frame(self, section: str) -> str:
        return self.rng.choice(templates(FRAME_FILE)[section].of(self.split))

    def wording(self, fact: Fact, slot: str) -> str:
        """A template that asks for `slot` of `fact`."""
        phrases = fact.phrases[slot].of(self.split) if slot in fact.phrases else []
        if phrases and self.rng.random() < 0.2:
            person = fact.slots.get(slot) in PERSON_KINDS
            frame = self.frame("what_is" if not person and self.rng.random() < 0.4 else "noun_phrase")
            return frame.replace("{np}", self.rng.choice(phrases))
        template = self.rng.choice(fact.ask[slot].of(self.split))
        if self.rng.random() < 0.12:
            template = self.frame("polite").replace("{q}", template[0].lower() + template[1:])
        return template

    def answerable(self) -> Question | None:
        """A question whose answer stands in the passage as it is."""
        stated = self.rng.choice(self.passage.stated)
        slots = list(stated.fact.ask)
        slot = self.rng.choice(slots)
        if slot == "P" and self.rng.random() < 0.3:
            slot = slots[0]
        answer = stated.values[slot]
        if answer not in self.passage.text or (stated, slot) in self.asked:
            return None
        return Question(fill(self.wording(stated.fact, slot), stated.values), answer, stated, slot)

    def unanswerable(self) -> Question | None:
        """A question on something untold of a subject, or on a subject of whom nothing is told."""
        stated = self.rng.choice([stated for stated in self.passage.stated if "P" in stated.values])
        fact, name = stated.fact, stated.values["P"]
        told = [other.fact for other in self.passage.stated if other.values.get("P") == name]
        if self.rng.random() < 0.5:
            name = draw_subject(fact.kind, self.rng, self.split).name
        else:
            fact = self.rng.choice(all_facts()[fact.kind])
            if any(fact is other or fact.name in other.near or other.name in fact.near for other in told):
                return None
        values = {**draw_values(fact, self.rng, self.split), "P": name}
        slot = self.rng.choice([slot for slot in fact.ask if slot != "P"])
        fresh = [value for key, value in values.items() if key not in ("P", slot)]
        unknown = name not in self.passage.text
        if any(value in self.passage.text for value in fresh) or (fact is stated.fact and not unknown):
            return None
        return Question(fill(self.wording(fact, slot), values), NOT_SAID)

    def question(self) -> Question:
        """A question that was not asked yet."""
        draw = self.unanswerable if self.rng.random() < UNANSWERABLE_RATE else self.answerable
        for _ in range(40):
            found = draw()
            if found:
                self.asked.append((found.stated, found.slot))
                return found
        return self.question()

    def same_of_another(self, last: Question) -> Question | None:
        """The last question in few words, of another subject: "And Tom?"."""
        if not last.stated or last.slot == "P" or last.stated.values.get("P", "{}") not in last.text:
            return None
        for other in self.passage.stated:
            if other.fact is not last.stated.fact or (other, last.slot) in self.asked:
                continue
            name = ("the " if other.fact.kind in ARTICLE_KINDS else "") + other.values["P"]
            answer = other.values[last.slot]
            if answer in self.passage.text:
                self.asked.append((other, last.slot))
                return Question(self.frame("and_other").replace("{o}", name), answer, other, last.slot)
        return None

    def left(self) -> int:
        """How many questions the passage still answers that were not asked."""
        askable = ((stated, slot) for stated in self.passage.stated for slot in stated.fact.ask)
        return sum(pair not in self.asked and pair[0].values[pair[1]] in self.passage.text for pair in askable)

    def next(self, last: Question) -> Question:
        """A further question; now and then the same one of another subject."""
        same = self.same_of_another(last) if self.rng.random() < 0.35 else None
        if same:
            return same
        found = self.question()
        text = self.frame("ask_again").replace("{q}", self.typed(found.text))
        return Question(text, found.answer, found.stated, found.slot)

    def typed(self, question: str) -> str:
        """A question as it is; now and then without a capital and a question mark."""
        if self.rng.random() < CASUAL_RATE:
            return question[0].lower() + question[1:].rstrip("?.")
        return question


def _opening(asker: Asker, question: str) -> list[Message]:
    """The messages up to the first question, with the passage in one of them."""
    roll, text = asker.rng.random(), asker.passage.text

    def framed(section: str) -> str:
        return asker.frame(section).replace("{p}", text).replace("{q}", question)

    if roll < 0.45:
        return [message("user", framed("passage_first"))]
    if roll < 0.6:
        return [message("user", framed("question_first"))]
    if roll < 0.75:
        return [message("system", framed("system_passage")), message("user", asker.typed(question))]
    if roll < 0.87:
        return [message("system", framed("system_rule")), message("user", framed("passage_first"))]
    return [message("user", framed("read_this")), message("assistant", asker.rng.choice(
        templates(FRAME_FILE)["have_read"].train)), message("user", asker.typed(question))]


def _more(rng: random.Random, asker: Asker) -> int:
    """How many questions follow the first."""
    if asker.split == "train":
        left = asker.left()
        return rng.randint(min(LEAST_MORE, left), min(MOST_MORE, left))
    return rng.choice([1, 1, 2]) if rng.random() < MORE_TURNS_RATE else 0


def sample(rng: random.Random, split: str) -> dict:
    """A conversation on one passage, with some questions."""
    asker = Asker(rng, split, compose(rng, split))
    question = asker.question()
    messages = _opening(asker, question.text)
    messages.append(message("assistant", question.answer))
    for _ in range(_more(rng, asker)):
        question = asker.next(question)
        messages += [message("user", question.text), message("assistant", question.answer)]
    return {"kind": "passage", "messages": messages, "expected": question.answer}
