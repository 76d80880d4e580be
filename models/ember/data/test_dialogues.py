"""Dialogues keep their turns, follow their system message, and answer from what was said."""
import random
import re
import unittest

from . import dialogues
from .dialogue_people import RELATIONS, several_people
from .dialogue_style import RULES, Style, one_sentence
from .dialogue_tasks import REQUESTS, TASKS
from .story_plots import held_part, train_part

COUNT = 3000
LONGEST = 1600  # characters
SPLITS = ("train", "held")


def draw(split: str, seed: int = 11) -> list[dict]:
    """Many chats."""
    rng = random.Random(seed)
    return [dialogues.sample(rng, split) for _ in range(COUNT)]


def users(sample: dict) -> list[str]:
    """What the user says in a chat."""
    return [message["content"] for message in sample["messages"] if message["role"] == "user"]


class Dialogues(unittest.TestCase):
    """Whole chats."""

    def test_same_seed_gives_same_chat(self) -> None:
        self.assertEqual(draw("train"), draw("train"))

    def test_roles_alternate_and_end_with_the_assistant(self) -> None:
        for split in SPLITS:
            for sample in draw(split):
                roles = [message["role"] for message in sample["messages"] if message["role"] != "system"]
                self.assertTrue(2 <= len(roles) <= 8)
                self.assertEqual(roles, ["user", "assistant"] * (len(roles) // 2))
                self.assertIn(sample["kind"], ("chat", "identity"))

    def test_text_is_clean(self) -> None:
        for split in SPLITS:
            for sample in draw(split):
                text = "\n".join(message["content"] for message in sample["messages"])
                self.assertLessEqual(len(text), LONGEST)
                self.assertTrue(text.isascii())
                self.assertIsNone(re.search(r"[{}\[\]|]|  |\ba [aeio]|\ban [^aeiou\"]| [.,]", text), text)
                self.assertNotIn("Ember", text)

    def test_last_answer_has_the_expected_words(self) -> None:
        for split in SPLITS:
            checked = [sample for sample in draw(split) if "expected" in sample]
            self.assertGreater(len(checked), COUNT // 2)
            for sample in checked:
                self.assertIn(sample["expected"], sample["messages"][-1]["content"])

    def test_remembered_values_were_said_by_the_user(self) -> None:
        rng = random.Random(5)
        for split in SPLITS:
            for _ in range(COUNT):
                made = dialogues.memory(rng, split, dialogues.draw_slots(rng, split))
                said = " ".join(asked for asked, _, _ in made[:-1]).lower()
                self.assertIn(made[-1][2].lower(), said)
                self.assertIn(made[-1][2], made[-1][1])

    def test_corrected_value_is_the_one_that_counts(self) -> None:
        rng = random.Random(6)
        for fact in dialogues.FACTS.values():
            slots = dialogues.draw_slots(rng, "train")
            fresh = dialogues.put_right(rng, "train", fact, slots)
            key = dialogues.only(fact["key"])
            self.assertNotEqual(key.format_map(slots), key.format_map(fresh))
            changed = [slot for slot in slots if slots[slot] != fresh[slot]]
            self.assertLessEqual(len(changed), 2)

    def test_held_user_phrasings_are_never_trained(self) -> None:
        pools = [section["u"] for section in dialogues.IDENTITY.values()]
        pools += [section["u"] for section in dialogues.REFUSALS.values() if "u" in section]
        pools += [fact[key] for fact in dialogues.FACTS.values() for key in ("tell", "ask", "fix")]
        pools += [section[key] for section in dialogues.TALK.values() for key in section if key[0] == "u"]
        pools += list(REQUESTS.values())
        for pool in pools:
            self.assertTrue(pool.train and pool.held)
            self.assertFalse({line.lower() for line in pool.train} & {line.lower() for line in pool.held})
        identity = {text for section in dialogues.IDENTITY.values() for text in section["u"].held}
        trained = {text for sample in draw("train") for text in users(sample)}
        self.assertFalse({text for text in identity if "[" not in text} & trained)


class People(unittest.TestCase):
    """Chats about several people."""

    def test_answers_stand_in_what_was_told(self) -> None:
        rng = random.Random(8)
        for split in SPLITS:
            for _ in range(COUNT):
                made = several_people(rng, split, {})
                self.assertTrue(made[-1][2])
                for _, answer, key in made:
                    self.assertIn((key or "").lower(), made[0][0].lower())
                    self.assertIn(key or "", answer)

    def test_phrasings_are_split(self) -> None:
        for _, *pools in RELATIONS:
            for pool in pools:
                self.assertFalse(set(train_part(pool)) & set(held_part(pool)))

    def test_profiles_are_kept(self) -> None:
        rng = random.Random(9)
        for split in SPLITS:
            for _ in range(COUNT):
                made = dialogues.profile_chat(rng, split)
                self.assertIn(made["expected"], made["messages"][0]["content"])
                self.assertIn(made["expected"], made["messages"][-1]["content"])


class Tasks(unittest.TestCase):
    """Small tasks whose answer stands in the request."""

    def test_keys_stand_in_answers(self) -> None:
        rng = random.Random(3)
        for task in TASKS:
            for split in SPLITS:
                for _ in range(200):
                    for _, answer, key in task(rng, split, dialogues.draw_slots(rng, split)):
                        self.assertIn((key or "").lower(), answer.lower())

    def test_counts_agree_with_lists(self) -> None:
        rng = random.Random(4)
        for _ in range(500):
            asked, _, key = TASKS[3](rng, "train", dialogues.draw_slots(rng, "train"))[0]
            self.assertEqual(asked.count(",") + 1, int(key), asked)

    def test_sorted_names_are_sorted(self) -> None:
        rng = random.Random(4)
        for _ in range(500):
            _, _, key = TASKS[4](rng, "held", dialogues.draw_slots(rng, "held"))[0]
            self.assertEqual(key.split(", "), sorted(key.split(", ")))


class Styles(unittest.TestCase):
    """Answers follow the rule of the system message."""

    def test_each_rule(self) -> None:
        answer = "Moss is nice. Your cat is called Moss."
        self.assertEqual(Style("", "capitals").apply(answer, "Moss"), answer.upper())
        self.assertEqual(Style("", "one_word").apply(answer, "Moss"), "Moss.")
        self.assertEqual(Style("", "one_sentence").apply(answer, "called"), "Your cat is called Moss.")
        self.assertEqual(Style("", "address", "boss").apply(answer, "Moss"),
                         "Moss is nice, boss. Your cat is called Moss.")
        self.assertEqual(Style("", "begin", "Well").apply(answer, "Moss"), "Well. " + answer)
        self.assertEqual(Style("", "end", "Over").apply(answer, "Moss"), answer + " Over.")
        self.assertEqual(one_sentence("Hello! How are you?", None), "Hello!")

    def test_rules_have_trained_and_held_phrasings(self) -> None:
        for phrasings in RULES.values():
            self.assertFalse(set(train_part(phrasings)) & set(held_part(phrasings)))


if __name__ == "__main__":
    unittest.main()
