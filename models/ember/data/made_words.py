"""Words that nobody knows, and words that stand where nobody expects them: what is copied has to be read, as it cannot be known by heart."""

import random

from .word_lists import common_words

CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"
# How often a word of any kind is one that the texts have; else nobody knows it.
COMMON_RATE = 0.7
LEAST_LETTERS = 4


def made_word(rng: random.Random) -> str:
    """A word that nobody knows."""
    syllables = (rng.choice(CONSONANTS) + rng.choice(VOWELS) + rng.choice(("", "", rng.choice(CONSONANTS))) for _ in range(rng.randint(1, 3)))
    return "".join(syllables)


def word(rng: random.Random) -> str:
    """A word that may stand for a thing or a deed."""
    while rng.random() < COMMON_RATE:
        found = rng.choice(common_words())
        if len(found) >= LEAST_LETTERS:
            return found
    return made_word(rng)
