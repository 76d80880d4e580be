"""Tests of the tool requests: calls agree with the schema and copy what was asked."""

import json
import random
import re
import unittest
from decimal import Decimal

from .tool_catalog import MAIN, TOOLS
from .tool_requests import MAIN_FILE, OTHER_FILE, draw_request
from .tool_reading import MAX_FOUND_CHARS, reading_request
from .tools import NO_TOOL, READING_RATE, RESULT_RATE, WORDS_RATE, sample
from .units import MEASURES, Unit, converted
from .value_kinds import Draw
from .word_lists import templates

SAMPLES = 1500
MAX_CHARS = 1600
SAID_BY_ASSISTANT = {"story_answers", "no_tool"}  # what the assistant says is not held out
JSON_TYPES = {"string": str, "integer": int, "number": (int, float), "array": list}


def samples(split: str, count: int = SAMPLES, seed: int = 7) -> list[dict]:
    rng = random.Random(seed)
    return [sample(rng, split) for _ in range(count)]


def calls(made: dict) -> list[tuple[str, dict]]:
    """Each call of a sample with the request before it."""
    messages = made["messages"]
    return [(messages[index - 1]["content"], call["function"])
            for index, message in enumerate(messages) for call in message.get("tool_calls", [])]


class Templates(unittest.TestCase):
    def test_main_tools_have_many_phrasings(self):
        for section, parts in templates(MAIN_FILE).items():
            self.assertGreaterEqual(len(parts.train) + len(parts.held), 40, section)
            self.assertGreaterEqual(len(parts.held), 8, section)

    def test_parts_are_disjoint_and_large_enough(self):
        for file_name in (MAIN_FILE, OTHER_FILE):
            for section, parts in templates(file_name).items():
                self.assertFalse(set(parts.train) & set(parts.held), section)
                if section not in SAID_BY_ASSISTANT:
                    self.assertTrue(parts.held, section)
        for tool in TOOLS.values():
            for parts in (tool.names, tool.descriptions, tool.spellings):
                self.assertTrue(parts.train and parts.held, tool.key)
                self.assertFalse(set(parts.train) & set(parts.held), tool.key)

    def test_spellings_name_each_role(self):
        for tool in TOOLS.values():
            for spelling in tool.spellings.train + tool.spellings.held:
                self.assertEqual(len(set(spelling.split())), len(tool.roles), spelling)


class Calls(unittest.TestCase):
    def test_arguments_follow_the_schema_of_an_offered_tool(self):
        for split in ("train", "held"):
            for made in samples(split):
                offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in made["tools"]}
                self.assertEqual(len(offered), len(made["tools"]))
                self.assertTrue(1 <= len(offered) <= 5)
                for _, call in calls(made):
                    schema = offered[call["name"]]
                    self.assertEqual(list(call["arguments"]), schema["required"])
                    for name, value in call["arguments"].items():
                        self.assertIsInstance(value, JSON_TYPES[schema["properties"][name]["type"]])

    def test_arguments_are_copied_from_the_request(self):
        for split in ("train", "held"):
            for made in samples(split):
                for asked, call in calls(made):
                    for value in call["arguments"].values():
                        for part in value if isinstance(value, list) else [value]:
                            self.assertIn(part if isinstance(part, str) else json.dumps(part), asked)

    def test_sums_hold_every_number_of_the_request(self):
        rng = random.Random(5)
        for _ in range(500):
            request = draw_request("sum", rng, "train")
            numbers = request.arguments.get("numbers") or [request.arguments["a"], request.arguments["b"]]
            written = re.findall(r"-?\d+(?:\.\d+)?", request.text)
            self.assertEqual([Decimal(text) for text in written], [Decimal(json.dumps(value)) for value in numbers])
            self.assertIn(str(json.loads(re.search(r"-?\d[\d.]*\d|\d", request.reply).group())), request.result)

    def test_expected_is_the_last_call_or_none(self):
        for made in samples("train"):
            last = made["messages"][-1]
            self.assertEqual(last["role"], "assistant")
            if made["expected"] is None:
                self.assertTrue(last["content"] and "tool_calls" not in last)
            else:
                self.assertEqual(last["tool_calls"], [{"type": "function", "function": made["expected"]}])
                self.assertEqual(last["content"], "")

    def test_results_are_copied_into_answers(self):
        for made in samples("train"):
            for before, after in zip(made["messages"], made["messages"][1:]):
                if before["role"] == "tool" and re.fullmatch(r"-?[\d.:]+", before["content"]):
                    self.assertIn(before["content"], after["content"])


class Reading(unittest.TestCase):
    def test_answers_are_spans_of_what_was_found(self):
        for split in ("train", "held"):
            rng = random.Random(9)
            for _ in range(200):
                request = reading_request(Draw(rng, split))
                self.assertIn(request.reply, request.result)
                self.assertIn(request.arguments["query"], request.text)
                self.assertLessEqual(len(request.result), MAX_FOUND_CHARS + 40)


class Samples(unittest.TestCase):
    def test_same_seed_same_samples(self):
        for split in ("train", "held"):
            self.assertEqual(samples(split, 50), samples(split, 50))

    def test_text_is_short_and_plain(self):
        for split in ("train", "held"):
            for made in samples(split):
                text = json.dumps(made["tools"]) + "".join(message["content"] for message in made["messages"])
                text += "".join(json.dumps(call) for _, call in calls(made))
                self.assertLessEqual(len(text), MAX_CHARS)
                self.assertTrue(text.isascii())
                for message in made["messages"]:
                    if message["role"] != "tool":
                        self.assertNotRegex(message["content"], r"[{}]|  ")

    def test_shares_are_as_planned(self):
        made = samples("train", 4000)
        talk = sum(not calls(each) for each in made) / len(made)
        answered = sum(bool(calls(each)) and each["expected"] is None for each in made) / len(made)
        self.assertAlmostEqual(talk, WORDS_RATE, delta=0.03)
        planned = READING_RATE + RESULT_RATE * (1 - WORDS_RATE - READING_RATE)
        self.assertAlmostEqual(answered, planned, delta=0.04)
        self.assertTrue(any(each["messages"][-1]["content"] == NO_TOOL for each in made))
        names = {TOOLS[key].names.train[0] for key in MAIN}
        self.assertLessEqual(names, {each["expected"]["name"] for each in made if each["expected"]})


class Units(unittest.TestCase):
    def test_known_conversions(self):
        length, mass, heat = MEASURES["length"], MEASURES["mass"], MEASURES["temperature"]
        self.assertEqual(converted(26.2, length[4], length[0]), 42.16)
        self.assertEqual(converted(2, mass[0], mass[3]), 4.41)
        self.assertEqual(converted(100, heat[0], heat[2]), 212)
        self.assertEqual(converted(-40, heat[2], heat[0]), -40)
        self.assertEqual(converted(0.5, Unit(("a",), 1.0), Unit(("b",), 1.0)), 0.5)


if __name__ == "__main__":
    unittest.main()
