"""The corpus: samples as token ids, with the weight of each in the loss."""

import random
from contextlib import ExitStack
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import vocabulary
from conversation import pieces
from data.mixture import FIRST, MIXTURE, samples

# Of so many conversations what the person writes is learned as well, with this weight: less than any of the model's own tokens.
READ_SHARE = 0.2
READ_WEIGHT = 0.1
# The model's own tokens weigh 1 in turns of up to so many, and less in longer ones, so that an answer counts as much as a story;
# but never less than this.
SHORT_TURN = 12
LEAST_WEIGHT = 0.15
# Samples that one process makes at a time, and how many of these come first.
BATCH = 2_000
FIRST_BATCHES = 32
# Each round has texts of its own.
ROUND_SEEDS = 1_000_000
FIRST_SAMPLES = "first-samples"


def own_weight(tokens: int) -> float:
    """The weight of each token in a turn of so many that the model writes."""
    return min(1.0, max(LEAST_WEIGHT, SHORT_TURN / max(1, tokens)))


def encode(sample: dict, tokenizer: Tokenizer, read_weight: float) -> tuple[list[int], list[float]]:
    """Ids of a sample, and what each weighs."""
    ids: list[int] = []
    weights: list[float] = []
    for text, is_own in pieces(sample):
        new = tokenizer.encode(text).ids
        ids += new
        weights += [own_weight(len(new)) if is_own else read_weight] * len(new)
    return ids, weights


def batch(task: tuple[int, Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One batch of training samples: ids, weights, and the length of each sample."""
    seed, path = task
    tokenizer = vocabulary.read(path)
    rng = random.Random(f"weights {seed}")
    made = samples(seed, "train", FIRST if seed < FIRST_BATCHES else MIXTURE)
    all_ids: list[int] = []
    all_weights: list[float] = []
    lengths: list[int] = []
    for _ in range(BATCH):
        ids, weights = encode(next(made), tokenizer, READ_WEIGHT if rng.random() < READ_SHARE else 0.0)
        all_ids += ids
        all_weights += weights
        lengths.append(len(ids))
    return np.array(all_ids, np.uint16), (np.array(all_weights) * 255).astype(np.uint8), np.array(lengths, np.uint16)


def write(folder: Path, tokenizer_path: Path, tokens: int, processes: int, round_number: int) -> None:
    """Writes `ids.bin`, `weights.bin` and `lengths.bin` with so many tokens, or a few more, and how many samples come first."""
    written, seed = 0, (round_number - 1) * ROUND_SEEDS
    names = ("ids", "weights", "lengths")
    partial = [folder / f"{name}.part" for name in names]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in partial]
        pool = stack.enter_context(Pool(processes))
        while written < tokens:
            tasks = [(seed + i, tokenizer_path) for i in range(4 * processes)]
            for made in pool.map(batch, tasks):
                for part, file in zip(made, files, strict=True):
                    part.tofile(file)
                written += len(made[0])
            seed += len(tasks)
            print(f"{written / 1e6:.1f} million tokens", flush=True)
    first = min(seed, FIRST_BATCHES) if round_number == 1 else 0
    (folder / FIRST_SAMPLES).write_text(str(first * BATCH))
    for name, path in zip(names, partial, strict=True):
        path.rename(folder / f"{name}.bin")
