"""Samples of nearly one length together: hardly a place stays empty, and as each has a row of its own it needs no mask but the causal one."""

from collections.abc import Sequence

# Tokens of a sample, at most. Longer ones are left out: the generators make hardly any.
LENGTH = 512
# Places of a batch, at most: so few that activations stay in the processor's caches.
PLACES = 4096


def alike(lengths: Sequence[int], places: int = PLACES, longest: int = LENGTH) -> list[list[int]]:
    """The numbers of each batch's samples, shortest samples first; a batch has `places` at most when all are as long as its longest."""
    order = sorted((number for number, length in enumerate(lengths) if length <= longest), key=lengths.__getitem__)
    batches: list[list[int]] = []
    for number in order:
        if not batches or (len(batches[-1]) + 1) * lengths[number] > places:
            batches.append([])
        batches[-1].append(number)
    return batches
