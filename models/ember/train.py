"""Training: one pass over the corpus in a fixed order. A run that is broken off goes on at its last checkpoint, with the same numbers."""

import random
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from corpus import FIRST_SAMPLES
from model import Ember
from muon import Muon
from packing import LENGTH, best_fit

# Rows of a step: so few that activations stay in the processor's caches.
ROWS = 9
MATRIX_RATE = 0.008
OTHER_RATE = 0.004
MATRIX_DECAY = 0.1
WARM_UP = 100
CHECKPOINT_SECONDS = 300
# What matrices are multiplied in: half the bits where the processor has instructions for them.
KIND = torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32


class Corpus:
    """Rows of whole samples, in an order that a seed gives: what comes first, then the rest."""

    def __init__(self, folder: Path) -> None:
        self.ids = np.memmap(folder / "ids.bin", np.uint16, "r")
        self.weights = np.memmap(folder / "weights.bin", np.uint8, "r")
        lengths = np.fromfile(folder / "lengths.bin", np.uint16)
        self.starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        first = int((folder / FIRST_SAMPLES).read_text())
        rng = random.Random(0)
        self.rows: list[list[int]] = []
        for begin, part in ((0, lengths[:first]), (first, lengths[first:])):
            rows = [[begin + number for number in row] for row in best_fit(part.tolist())]
            rng.shuffle(rows)
            self.rows += rows

    def steps(self) -> int:
        """Steps of one pass."""
        return len(self.rows) // ROWS

    def step(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """Ids, weights and owners of a step, [rows, length + 1]: which sample of its row each token is of (0: none)."""
        ids = np.zeros((ROWS, LENGTH + 1), np.int64)
        weights = np.zeros((ROWS, LENGTH + 1), np.float32)
        owners = np.zeros((ROWS, LENGTH + 1), np.int64)
        for at, row in enumerate(self.rows[number * ROWS : (number + 1) * ROWS]):
            end = 0
            for owner, sample in enumerate(row, 1):
                source = slice(self.starts[sample], self.starts[sample + 1])
                place = slice(end, end := end + source.stop - source.start)
                ids[at, place] = self.ids[source]
                weights[at, place] = self.weights[source] / np.float32(255)
                owners[at, place] = owner
        return torch.from_numpy(ids), torch.from_numpy(weights), torch.from_numpy(owners)


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


def train(model: Ember, corpus_folder: Path, checkpoint: Path, tokens: int, share: float) -> None:
    """Trains on so many tokens of the corpus, at most all of them, at this share of the rates."""
    if shutil.which("g++"):
        model.hidden = torch.compile(model.hidden)  # type: ignore[method-assign]
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
    steps = min(corpus.steps(), tokens // (ROWS * LENGTH))
    started, saved_at, mean = time.time(), time.time(), None
    for step in range(first, steps):
        for part, highest in zip(parts, rates, strict=True):
            part.param_groups[0]["lr"] = highest * rate(step, steps)
        with torch.autocast("cpu", KIND, enabled=KIND != torch.float32):
            loss = model.loss(*corpus.step(step))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for part in parts:
            part.step()
            part.zero_grad()
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 100 == 0:
            speed = (step + 1 - first) * ROWS * LENGTH / (time.time() - started)
            print(f"step {step} of {steps}: loss {mean:.4f}, {speed:.0f} tokens/s", flush=True)
        if time.time() - saved_at > CHECKPOINT_SECONDS:
            save(checkpoint, model, parts, step + 1)
            saved_at = time.time()
    save(checkpoint, model, parts, steps)
