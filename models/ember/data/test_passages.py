"""Tests of the passages: spans, templates in two parts, one source of chance."""

import random
import unittest

from .facts import ARTICLE_KINDS, Fact, SLOT, all_facts, frames
from .made_facts import NAME, made_fact
from .passage_text import FRAME_FILE, compose, with_aside, with_pronoun
from .passages import NOT_SAID, UNANSWERABLE_RATE, sample
from .word_lists import templates, words

SAMPLES = 1500
MAX_CHARS = 1600
LEAST_HELD = 1
SAID_BY_ASSISTANT = {"have_read"}  # what the assistant says is not held out
FACTS = [fact for facts in [*all_facts().values(), frames()] for fact in facts]


def samples(split: str, count: int = SAMPLES, seed: int = 7) -> list[dict]:
    rng = random.Random(seed)
    return [sample(rng, split) for _ in range(count)]


def expect_slots(test: unittest.TestCase, fact: Fact) -> None:
    """Statements name each slot, questions not that of their answer."""
    slots = set(fact.slots) | ({"P"} if fact.kind != "frame" else set())
    for line in fact.say.train + fact.say.held:
        test.assertEqual(set(SLOT.findall(line)), slots, line)
    for slot, parts in fact.ask.items():
        for line in parts.train + parts.held + (fact.phrases[slot].train if slot in fact.phrases else []):
            test.assertLessEqual(set(SLOT.findall(line)), slots - {slot}, line)


class Templates(unittest.TestCase):
    def test_facts_have_enough_phrasings_in_both_parts(self):
        self.assertGreaterEqual(len(FACTS), 25)
        for fact in FACTS:
            main = next(iter(fact.ask.values()))
            for parts in (fact.say, main):
                total = len(parts.train) + len(parts.held)
                self.assertGreaterEqual(total, 6, fact.name)
                self.assertGreaterEqual(len(parts.held), LEAST_HELD, (fact.kind, fact.name))
            for slot, parts in fact.ask.items():
                self.assertTrue(parts.train and parts.held, (fact.kind, fact.name, slot))

    def test_parts_are_disjoint(self):
        for fact in FACTS:
            for parts in [fact.say, *fact.ask.values()]:
                self.assertFalse(set(parts.train) & set(parts.held), fact.name)
        for name, parts in templates(FRAME_FILE).items():
            self.assertFalse(set(parts.train) & set(parts.held), name)
            self.assertTrue(parts.held or name in SAID_BY_ASSISTANT, name)

    def test_statements_name_each_slot_and_questions_not_their_answer(self):
        for fact in FACTS:
            expect_slots(self, fact)

    def test_questions_say_whom_they_are_about(self):
        for fact in FACTS:
            if fact.kind != "frame":
                for parts in fact.ask.values():
                    for line in parts.train + parts.held:
                        self.assertTrue(SLOT.search(line), line)

    def test_questions_open_with_a_word_that_may_lose_its_capital(self):
        for fact in FACTS:
            for parts in fact.ask.values():
                for line in parts.train + parts.held:
                    self.assertTrue(line[0].isupper() and line.endswith("?"), line)


class MadeFacts(unittest.TestCase):
    def test_they_are_told_and_asked_like_others(self):
        rng = random.Random(5)
        for kind in [*all_facts()] * 20:
            fact = made_fact(rng, kind)
            self.assertEqual(set(fact.ask), {*fact.slots, "P"})
            self.assertFalse(fact.say.held)
            expect_slots(self, fact)
            for parts in fact.ask.values():
                for line in parts.train:
                    self.assertRegex(line, r"^[A-Z].*\{\w+\}.*\?$")
                    if "{P}" in line:
                        self.assertEqual("the {P}" in line, kind in ARTICLE_KINDS, line)

    def test_they_are_new_each_time_and_no_sample_that_is_held_out_has_one(self):
        rng = random.Random(6)
        self.assertGreater(len({made_fact(rng, "person").say.train[0] for _ in range(200)}), 190)
        told = {split: [stated.fact.name for _ in range(300) for stated in compose(rng, split).stated] for split in ("train", "held")}
        self.assertIn(NAME, told["train"])
        self.assertNotIn(NAME, told["held"])


class Words(unittest.TestCase):
    def test_names_are_many_and_held_words_stay_out_of_training(self):
        names = words("words_names.txt")
        people = {word for key in ("women", "men", "surnames") for word in names[key].train + names[key].held}
        self.assertGreaterEqual(len(people), 400)
        places = len(names["cities"].train) + len(names["town_heads"].train) * len(names["town_tails"].train)
        self.assertGreaterEqual(places, 200)
        rng = random.Random(1)
        for lists in (names, words("words_things.txt")):
            for key, parts in lists.items():
                drawn = {parts.word(rng, "train") for _ in range(300)}
                self.assertFalse(drawn & set(parts.held), key)


class Samples(unittest.TestCase):
    def test_same_seed_same_samples(self):
        for split in ("train", "held"):
            self.assertEqual(samples(split, 50), samples(split, 50))
            self.assertNotEqual(samples(split, 50), samples(split, 50, seed=8))

    def test_answers_are_spans_of_what_stands_before(self):
        for split in ("train", "held"):
            for made in samples(split):
                before = ""
                for index, message in enumerate(made["messages"]):
                    asked = index > 0 and message["role"] == "assistant" and made["messages"][index - 1]["content"]
                    is_lead = index + 1 < len(made["messages"]) and not made["messages"][0]["role"] == "system"
                    spoken = message["content"] in templates(FRAME_FILE)["have_read"].train and is_lead
                    if asked and message["content"] != NOT_SAID and not spoken:
                        self.assertIn(message["content"], before)
                    before += message["content"] + "\n"
                self.assertEqual(made["messages"][-1], {"role": "assistant", "content": made["expected"]})

    def test_text_is_short_and_plain(self):
        for split in ("train", "held"):
            for made in samples(split):
                text = "".join(message["content"] for message in made["messages"])
                self.assertLessEqual(len(text), MAX_CHARS)
                self.assertTrue(text.isascii())
                self.assertNotRegex(text, r"[{}]|  ")
                self.assertLessEqual(len(made["expected"].split()), 6)

    def test_some_questions_have_no_answer(self):
        share = sum(made["expected"] == NOT_SAID for made in samples("train", 4000)) / 4000
        self.assertAlmostEqual(share, UNANSWERABLE_RATE, delta=0.03)

    def test_a_like_value_stands_close_at_hand(self):
        rng = random.Random(3)
        for _ in range(300):
            told = [stated.fact for stated in compose(rng, "train").stated]
            self.assertTrue(any(told.count(fact) > 1 for fact in told))

    def test_splits_share_no_statement(self):
        rng = random.Random(4)
        for split, other in (("train", "held"), ("held", "train")):
            fact = all_facts()["person"][0]
            self.assertNotIn(rng.choice(fact.say.of(split)), fact.say.of(other))


class Sentences(unittest.TestCase):
    def test_subject_at_the_opening_becomes_a_pronoun(self):
        self.assertEqual(with_pronoun("{P} has {animal}.", "She"), "She has {animal}.")
        self.assertEqual(with_pronoun("{P}'s pet is {animal}.", "He"), "His pet is {animal}.")
        self.assertEqual(with_pronoun("The {P} is late.", "It"), "It is late.")

    def test_an_aside_keeps_names_as_they_are(self):
        self.assertEqual(with_aside("The {P} is late.", "We heard that", ""), "We heard that the {P} is late.")
        self.assertEqual(with_aside("{P} is late.", "By the way,", ""), "By the way, {P} is late.")
        self.assertEqual(with_aside("Bring {thing}.", "We heard that", ""), "Bring {thing}.")
        self.assertEqual(with_aside("{P} is late.", "", ", it seems."), "{P} is late, it seems.")

    def test_other_sentences_keep_the_name(self):
        for line in ("{P} by {author} is long.", "On {date}, {P} left.", "{P}, aged {age}, lives here."):
            self.assertEqual(with_pronoun(line, "It"), line)


if __name__ == "__main__":
    unittest.main()
