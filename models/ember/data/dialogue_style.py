"""System messages of a chat, and how the answers follow them."""
from __future__ import annotations

import random
import re
from dataclasses import dataclass

from . import words_people as people
from .story_plots import pick

PLAIN = ("You are ember, a tiny demonstration model.", "You are ember.",
         "You are ember, a tiny model that runs on this device.",
         "You are a helpful assistant.", "You are ember, the tiny demonstration model of Hearth. You are friendly.",
         "Be kind and short.", "You help people with small things.", "Answer in simple words.",
         "You are a friendly helper.",
         "Be polite.", "Keep your answers short and clear.")
RULES = {
    "one_sentence": ("Answer in one sentence.", "Use only one sentence.", "Reply with a single sentence.",
                     "Your answers have one sentence.", "Write no more than one sentence.", "One sentence is enough."),
    "one_word": ("Answer with one word.", "Answer in one word.", "Reply with a single word.", "Use one word only.",
                 "Give only the word that is asked for.", "Your whole answer is one word."),
    "capitals": ("Answer in capital letters.", "Write everything in capital letters.", "USE CAPITAL LETTERS.",
                 "Use only capital letters in your answers.", "Please write in capitals.",
                 "All your answers are in capitals."),
    "address": ("Call the user {title}.", "Always call the user {title}.", "The user wants to be called {title}.",
                "You speak to the user as {title}.", "Use the word {title} in each answer, to greet the user.",
                "Say {title} to the user."),
    "begin": ("Begin every answer with the word {word}.", "Start each answer with {word}.",
              "First say {word}, then answer.",
              "Your answers start with {word}.", "Say {word} before each answer.",
              "Open every reply with the word {word}."),
    "end": ("End every answer with the word {word}.", "Say {word} at the end of each answer.",
            "Close each answer with {word}.",
            "The last word of your answers is {word}.", "Finish each answer with {word}.",
            "After each answer, say {word}."),
}
TITLES = ("captain", "boss", "friend", "doctor", "teacher", "chef", "pilot", "my friend", "professor", "champion")
WORDS = ("Okay", "Well", "Sure", "Hello", "Over", "Thanks", "Yes", "Done", "Great", "Cheers", "Right", "Hooray")


@dataclass
class Style:
    """A system message and the rule that answers follow because of it."""

    system: str = ""
    rule: str = ""
    word: str = ""

    def apply(self, answer: str, key: str | None) -> str:
        """The answer as the rule wants it; it keeps its key word."""
        if self.rule == "one_sentence":
            return one_sentence(answer, key)
        if self.rule == "one_word" and key:
            return self.key(key) + "."
        if self.rule == "capitals":
            return answer.upper()
        if self.rule == "address":
            return re.sub(r"([.!?])(?=\s|$)", rf", {self.word}\1", answer, count=1)
        if self.rule == "begin":
            return f"{self.word}. {answer}"
        return f"{answer} {self.word}." if self.rule == "end" else answer

    def key(self, key: str) -> str:
        """The key word as it stands in the answer."""
        if self.rule == "one_word" and key != "ember":
            return key[0].upper() + key[1:]
        return key.upper() if self.rule == "capitals" else key


def one_sentence(answer: str, key: str | None) -> str:
    """The answer's first sentence, or the first one that has the key word."""
    sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", answer)
    with_key = [sentence for sentence in sentences if key and key in sentence]
    return (with_key or sentences)[0]


def draw_style(rng: random.Random, split: str, exchanges: list, about_itself: bool) -> Style:
    """No system message, a plain one, or one with a rule that fits these answers."""
    way = rng.random()
    if way < 0.5:
        return Style()
    if way < 0.78:
        return Style(pick(rng, split, PLAIN))
    keys = [key for _, _, key in exchanges]
    fitting = [rule for rule in RULES if rule != "one_word" or all(key and key.isalnum() for key in keys)]
    if about_itself:
        fitting = ["one_sentence", "capitals", "address"]
    elif any("\n" in answer or ": " in answer or '"' in answer for _, answer, _ in exchanges):
        fitting = [rule for rule in fitting if rule in ("begin", "end")]
    rule = rng.choice(fitting)
    word = rng.choice(TITLES) if rng.random() < 0.7 else people.any_name(rng, split)
    word = word if rule == "address" else rng.choice(WORDS)
    asked = pick(rng, split, RULES[rule]).format(title=word, word=word)
    lead = rng.choice(("", "", "You are ember, a tiny demonstration model. "))
    return Style(lead + asked, rule, word)
