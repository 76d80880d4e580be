"""Stories are the same for the same seed, whole, coherent in form, and do what was asked for."""
import random
import re
import unittest

from . import stories
from .story_plots import Plot, load_plots

COUNT = 1500
LONGEST = 1600  # characters
SPLITS = ("train", "held")


def length(sample: dict) -> int:
    """Characters of all the text in a sample."""
    return len(sample["text"]) if "text" in sample else sum(len(message["content"]) for message in sample["messages"])


def draw(maker, split: str, seed: int = 7) -> list[dict]:
    """Many samples of one maker."""
    rng = random.Random(seed)
    return [maker(rng, split) for _ in range(COUNT)]


class Stories(unittest.TestCase):
    """Plain stories."""

    def test_same_seed_gives_same_text(self) -> None:
        self.assertEqual(draw(stories.sample, "train"), draw(stories.sample, "train"))

    def test_samples_differ(self) -> None:
        texts = [sample["text"] for sample in draw(stories.sample, "train")]
        self.assertEqual(len(texts), len(set(texts)))

    def test_lengths(self) -> None:
        for split in SPLITS:
            for sample in draw(stories.sample, split):
                words = len(sample["text"].split())
                self.assertTrue(40 <= words <= 240, (words, sample["text"]))
                self.assertLessEqual(length(sample), LONGEST)

    def test_text_is_clean(self) -> None:
        for split in SPLITS:
            for sample in draw(stories.sample, split):
                text = sample["text"]
                self.assertTrue(text.isascii())
                self.assertIsNone(re.search(r"[{}\[\]|]|  |\ba [aeio]|\ban [^aeiou\"]|\.\.|\bEmber\b", text), text)
                self.assertIsNone(re.search(r"[.] [a-z]", text), text)
                self.assertEqual(text.count('"') % 2, 0, text)
                self.assertIn(text[-1], '.!?"')


class Plots(unittest.TestCase):
    """The plots and their split."""

    def setUp(self) -> None:
        self.plots: list[Plot] = load_plots()

    def test_there_are_enough_plots_of_each_split(self) -> None:
        held = [plot for plot in self.plots if plot.held]
        trained_only = [plot for plot in self.plots if plot.is_trained_only]
        both = len(self.plots) - len(held) - len(trained_only)
        self.assertGreaterEqual(both, 12)
        self.assertGreaterEqual(5 * len(held), both)

    def test_trained_and_held_phrasings_are_disjoint(self) -> None:
        for plot in self.plots:
            for beat in plot.beats:
                self.assertTrue(beat.phrasings, plot.name)
                self.assertFalse(set(beat.phrasings) & set(beat.held))
            if not plot.held and not plot.is_trained_only:
                held = sum(len(beat.held) for beat in plot.beats)
                total = held + sum(len(beat.phrasings) for beat in plot.beats)
                self.assertGreaterEqual(held, total // 6, plot.name)


class Chats(unittest.TestCase):
    """Stories that were asked for in a chat."""

    def test_same_seed_gives_same_chat(self) -> None:
        self.assertEqual(draw(stories.sample_chat, "held"), draw(stories.sample_chat, "held"))

    def test_form(self) -> None:
        for split in SPLITS:
            for sample in draw(stories.sample_chat, split):
                self.assertLessEqual(length(sample), LONGEST)
                self.assertEqual(sample["messages"][-1]["role"], "assistant")
                for message in sample["messages"]:
                    self.assertTrue(message["content"].isascii())
                    self.assertIsNone(re.search(r"[{}|]", message["content"]), message)

    def test_answers_have_what_was_asked_for(self) -> None:
        for split in SPLITS:
            for sample in draw(stories.sample_chat, split):
                expected = sample.get("expected", [])
                for word in [expected] if isinstance(expected, str) else expected:
                    self.assertIn(word.lower(), sample["messages"][-1]["content"].lower())

    def test_follow_up_answers_occur_in_the_story(self) -> None:
        for sample in draw(stories.sample_chat, "train"):
            told = [message["content"] for message in sample["messages"] if message["role"] == "assistant"]
            if len(told) == 2 and not any(word in sample["messages"][-2]["content"] for word in ("title", "name")):
                self.assertIn(sample["expected"].lower(), told[0].lower())

    def test_request_phrasings_are_split(self) -> None:
        train = {sample["messages"][-2]["content"] for sample in draw(stories.sample_chat, "train")}
        self.assertNotIn("Read me a tale.", train)
        self.assertIn("Tell me a story.", train)


if __name__ == "__main__":
    unittest.main()
