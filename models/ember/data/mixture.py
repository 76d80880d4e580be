"""Samples of all kinds, in a fixed mixture."""

import random
from collections.abc import Callable, Iterator

from . import copying, dialogues, passages, stories, tools

Generator = Callable[[random.Random, str], dict]
Mixture = tuple[tuple[Generator, float], ...]

# How often each kind comes, in samples.
MIXTURE: Mixture = (
    (stories.sample, 0.05),
    (stories.sample_chat, 0.05),
    (dialogues.sample, 0.13),
    (passages.sample, 0.31),
    (tools.sample, 0.28),
    (copying.sample, 0.18),
)
# What is learned before all else: to look back. Every other skill copies.
FIRST: Mixture = ((copying.sample, 1.0),)


def samples(seed: int, split: str, mixture: Mixture = MIXTURE) -> Iterator[dict]:
    """Samples without end; the same seed gives the same ones."""
    rng = random.Random(f"{split} {seed}")
    generators, weights = zip(*mixture, strict=True)
    while True:
        yield rng.choices(generators, weights)[0](rng, split)
