"""Tests of the requests to copy: what is expected really stands in what was asked."""

import random
import unittest

from .copying import FILE, sample
from .word_lists import common_words, templates

SAMPLES = 1500
MAX_CHARS = 1600
LEAST_HELD = 2


class Copying(unittest.TestCase):
    def samples(self, split: str) -> list[dict]:
        rng = random.Random(7)
        return [sample(rng, split) for _ in range(SAMPLES)]

    def test_answers_stand_in_the_first_message_and_in_no_question_about_them(self):
        for split in ("train", "held"):
            for one in self.samples(split):
                first, *others = [m["content"] for m in one["messages"] if m["role"] == "user"]
                answers = [m["content"] for m in one["messages"] if m["role"] == "assistant"]
                self.assertEqual(one["expected"], answers[-1])
                for answer in answers:
                    self.assertIn(answer, first)
                for question, answer in zip(others, answers[1:], strict=True):
                    if answer not in common_words():  # a question may have these of its own
                        self.assertNotIn(answer, question.split(), (question, answer))

    def test_samples_are_short_and_the_same_for_a_seed(self):
        once = self.samples("train")
        self.assertEqual(once, self.samples("train"))
        for one in once:
            self.assertLessEqual(sum(len(m["content"]) for m in one["messages"]), MAX_CHARS)

    def test_phrasings_are_in_two_parts(self):
        for name, parts in templates(FILE).items():
            self.assertFalse(set(parts.train) & set(parts.held), name)
            self.assertGreaterEqual(len(parts.held), LEAST_HELD, name)


if __name__ == "__main__":
    unittest.main()
