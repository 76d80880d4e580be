"""Reads the plots of the stories from `plots_*.txt` and writes out their phrases.

A plot opens with `== name`; `@key value` lines set what it needs (`@q question | answer | key word` is a question that
its story answers, `@held` keeps the whole plot out of training). Then come its beats, in order: `+` one that is always
told, `?` one that may be left out; each line under it is one phrasing, and `*` before it holds it out. A plot without
held-out phrasings is told in training only.
In a phrasing `[a|b]` chooses and `{slot}` takes a value of the scene.
"""
from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class Beat:
    """One step of a plot, with its phrasings."""

    optional: bool
    phrasings: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def options(self, split: str) -> list[str]:
        """The phrasings of the split; a beat with none held out keeps its trained ones."""
        return self.held if split == "held" and self.held else self.phrasings


@dataclass
class Plot:
    """A plot: what its scene needs, how it is asked for, what can be asked about it, and its beats."""

    name: str
    held: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    asks: list[str] = field(default_factory=list)
    title: str = ""
    questions: list[tuple[str, str, str]] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)

    @property
    def is_trained_only(self) -> bool:
        """Whether no phrasing of it is held out."""
        return not self.held and not any(beat.held for beat in self.beats)


def read_setting(plot: Plot, line: str) -> None:
    """Takes one `@key value` line into the plot."""
    key, _, value = line[1:].partition(" ")
    if key == "held":
        plot.held = True
    elif key == "ask":
        plot.asks.append(value)
    elif key == "title":
        plot.title = value
    elif key == "q":
        question, answer, word = (part.strip() for part in value.split("|"))
        plot.questions.append((question, answer, word))
    else:
        plot.settings[key] = value


def read_plots(text: str) -> list[Plot]:
    """The plots of one file's text."""
    plots: list[Plot] = []
    for line in text.splitlines():
        if line.startswith("== "):
            plots.append(Plot(line[3:]))
        elif line.startswith("@"):
            read_setting(plots[-1], line)
        elif line in ("+", "?"):
            plots[-1].beats.append(Beat(line == "?"))
        elif line.startswith("* "):
            plots[-1].beats[-1].held.append(line[2:])
        elif line and not line.startswith("#"):
            plots[-1].beats[-1].phrasings.append(line)
    return plots


def load_plots() -> list[Plot]:
    """All plots, in the order of the files' names."""
    paths = sorted(FOLDER.glob("plots_*.txt"))
    return [plot for path in paths for plot in read_plots(path.read_text("ascii"))]


def train_part(options: list[str] | tuple) -> list:
    """The phrasings that training may use: all but the last sixth (at least one is held out)."""
    return list(options[:len(options) - -(-len(options) // 6)])


def held_part(options: list[str] | tuple) -> list:
    """The phrasings that training never sees."""
    return list(options[len(options) - -(-len(options) // 6):])


def pick(rng: random.Random, split: str, options: list[str] | tuple):
    """One phrasing of the split."""
    return rng.choice(held_part(options) if split == "held" else train_part(options))


def expand(rng: random.Random, phrasing: str, slots: dict[str, str]) -> str:
    """The phrasing with its choices made and its slots filled."""
    while CHOICE.search(phrasing):
        phrasing = CHOICE.sub(lambda found: rng.choice(found.group(1).split("|")), phrasing, count=1)
    return phrasing.format_map(slots)


def tidy(text: str) -> str:
    """Articles agree with the next sound, sentences open with a capital, spaces are single."""
    text = re.sub(r" +", " ", text).strip()
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU](?!ne\b|niform|nicorn|seful))", r"\1n ", text)
    text = re.sub(r"([.!?] \"?|\.\" |: \"|^\"?|\n\"?)([a-z])", lambda found: found.group(1) + found.group(2).upper(),
                  text)
    return re.sub(r"([\"']) \"([a-z])", lambda found: f'{found.group(1)} "{found.group(2).upper()}', text)
