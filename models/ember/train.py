"""Training: one pass over the corpus in a fixed order. A run that is broken off goes on at its last checkpoint, with the same numbers."""

import random
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from batches import alike
from corpus import FIRST_SAMPLES
from model import Ember
from muon import Muon

MATRIX_RATE = 0.008
OTHER_RATE = 0.004
MATRIX_DECAY = 0.1
WARM_UP = 100
CHECKPOINT_SECONDS = 300
# What matrices are multiplied in: half the bits where the processor has instructions for them.
KIND = torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32


class Corpus:
    """Batches of whole samples, in an order that a seed gives: what comes first, then the rest."""

    def __init__(self, folder: Path) -> None:
        self.ids = np.memmap(folder / "ids.bin", np.uint16, "r")
        self.weights = np.memmap(folder / "weights.bin", np.uint8, "r")
        lengths = np.fromfile(folder / "lengths.bin", np.uint16)
        self.starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        first = int((folder / FIRST_SAMPLES).read_text())
        rng = random.Random(0)
        self.batches: list[list[int]] = []
        for begin, part in ((0, lengths[:first]), (first, lengths[first:])):
            batches = [[begin + number for number in batch] for batch in alike(part.tolist())]
            rng.shuffle(batches)
            self.batches += batches
        # What the weights of a batch add up to, on average.
        self.weight = float(self.weights.sum(dtype=np.int64)) / 255 / len(self.batches)

    def tokens(self) -> int:
        """Tokens of one pass."""
        return len(self.ids)

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """Ids and weights of a batch, [samples, length of the longest]; what is shorter ends with tokens of no weight."""
        samples = self.batches[number]
        longest = max(int(self.starts[sample + 1] - self.starts[sample]) for sample in samples)
        ids = np.zeros((len(samples), longest), np.int64)
        weights = np.zeros((len(samples), longest), np.float32)
        for row, sample in enumerate(samples):
            source = slice(self.starts[sample], self.starts[sample + 1])
            ids[row, : source.stop - source.start] = self.ids[source]
            weights[row, : source.stop - source.start] = self.weights[source] / np.float32(255)
        return torch.from_numpy(ids), torch.from_numpy(weights)


def optimizers(model: Ember, share: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for all else, at this share of the rates."""
    matrices = [p for p in model.layers.parameters() if p.ndim == 2]
    known = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in known]
    return [
        Muon(matrices, lr=MATRIX_RATE * share, weight_decay=MATRIX_DECAY, kind=KIND),
        torch.optim.AdamW(others, lr=OTHER_RATE * share, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate(step: int, steps: int) -> float:
    """The share of the highest rate: up, then down in a line to nothing."""
    return min((step + 1) / WARM_UP, (steps - step) / steps)


def save(path: Path, model: nn.Module, parts: list[torch.optim.Optimizer], step: int) -> None:
    """Writes a checkpoint, beside the old one until it is whole."""
    partial = path.with_suffix(".part")
    state = {"model": model.state_dict(), "optimizers": [part.state_dict() for part in parts], "step": step}
    torch.save(state, partial)
    partial.rename(path)


def train(model: Ember, corpus_folder: Path, checkpoint: Path, share: float) -> None:
    """Trains on the corpus, at this share of the rates."""
    if shutil.which("g++"):
        for name in ("hidden", "of_next"):
            setattr(model, name, torch.compile(getattr(model, name), dynamic=True))
    corpus = Corpus(corpus_folder)
    parts = optimizers(model, share)
    rates = [part.param_groups[0]["lr"] for part in parts]
    first = 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        for part, saved in zip(parts, state["optimizers"], strict=True):
            part.load_state_dict(saved)
        first = state["step"]
        print(f"goes on at step {first}")
    steps = len(corpus.batches)
    started, saved_at, mean = time.time(), time.time(), None
    for step in range(first, steps):
        for part, highest in zip(parts, rates, strict=True):
            part.param_groups[0]["lr"] = highest * rate(step, steps)
        with torch.autocast("cpu", KIND, enabled=KIND != torch.float32):
            loss = model.loss(*corpus.batch(step)) / corpus.weight
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for part in parts:
            part.step()
            part.zero_grad()
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 100 == 0:
            speed = (step + 1 - first) / steps * corpus.tokens() / (time.time() - started)
            print(f"step {step} of {steps}: loss {mean:.4f}, {speed:.0f} tokens/s", flush=True)
        if time.time() - saved_at > CHECKPOINT_SECONDS:
            save(checkpoint, model, parts, step + 1)
            saved_at = time.time()
    save(checkpoint, model, parts, steps)
