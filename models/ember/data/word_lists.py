"""Named word lists from the `.txt` files of this folder, each in a part for training and a part held out.

A file is text: `[name]` opens a list, `#` opens a comment. The lists of `words_*.txt` stand between commas;
those of other files (requests, frames) have one entry on a line, and `*` before an entry holds it out. Files of
sections that have lists of their own open them with `== section`, and each line begins with its list's `key: `.
"""

import random
import re
from functools import lru_cache
from pathlib import Path

WORD = re.compile(r"\b[a-z]{2,10}\b")
FOLDER = Path(__file__).parent
HELD_SHARE = 6  # the last 1 / HELD_SHARE of a word list is held out
HELD_RATE = 0.5  # how often a held-out sample takes a held-out word


class Parts:
    """One list in its two parts."""

    def __init__(self, train: list[str], held: list[str]):
        self.train = train
        self.held = held

    def of(self, split: str) -> list[str]:
        """The part that belongs to `split`: for templates, which are never shared."""
        return self.train if split == "train" else self.held

    def line(self, rng: random.Random, split: str) -> str:
        """A line of the part that belongs to `split`."""
        return rng.choice(self.of(split))

    def word(self, rng: random.Random, split: str) -> str:
        """A word: in training never a held one, in held-out samples either."""
        if split == "held" and self.held and rng.random() < HELD_RATE:
            return rng.choice(self.held)
        return rng.choice(self.train)


def sections(file_name: str) -> dict[str, list[str]]:
    """The lines of each section of a file, without comments and empty lines."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (FOLDER / file_name).read_text(encoding="ascii").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
            found[name] = []
        else:
            found[name].append(line)
    return found


@lru_cache(maxsize=None)
def common_words() -> tuple[str, ...]:
    """Every word of small letters that the files of this folder have, in the order of the alphabet."""
    texts = (path.read_text(encoding="ascii") for path in sorted(FOLDER.glob("*.txt")))
    return tuple(sorted({word for text in texts for word in WORD.findall(text)}))


@lru_cache(maxsize=None)
def words(file_name: str) -> dict[str, Parts]:
    """Lists between commas."""
    lists = {}
    for name, lines in sections(file_name).items():
        all_words = [word.strip() for word in " ".join(lines).split(",") if word.strip()]
        unique = list(dict.fromkeys(all_words))
        cut = len(unique) - len(unique) // HELD_SHARE
        lists[name] = Parts(unique[:cut], unique[cut:])
    return lists


@lru_cache(maxsize=None)
def templates(file_name: str) -> dict[str, Parts]:
    """Lists of lines, where `*` holds a line out and `\\n` is a new line."""
    lists = {}
    for name, lines in sections(file_name).items():
        lists[name] = in_parts([line.replace("\\n", "\n") for line in lines])
    return lists


def in_parts(lines: list[str]) -> Parts:
    """The lines with and without `*`."""
    train = [line for line in lines if not line.startswith("*")]
    return Parts(train, [line[1:].strip() for line in lines if line.startswith("*")])


Section = dict[str, Parts]


@lru_cache(maxsize=None)
def keyed_templates(file_name: str) -> dict[str, Section]:
    """The lists of each `== section`, by their keys."""
    found: dict[str, dict[str, list[str]]] = {}
    current: dict[str, list[str]] = {}
    for line in (FOLDER / file_name).read_text(encoding="ascii").splitlines():
        if line.startswith("== "):
            current = found.setdefault(line[3:], {})
        elif line and not line.startswith("#"):
            key, _, template = line.partition(": ")
            current.setdefault(key, []).append(template)
    return {name: {key: in_parts(lines) for key, lines in lists.items()} for name, lists in found.items()}
