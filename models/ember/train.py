"""Training: one pass over the corpus in a fixed order. A run that is broken off goes on at its last checkpoint, with the same numbers."""

import shutil
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from corpus import FIRST_TOKENS
from model import Ember
from muon import Muon
from shape import Shape

# Tokens of a row, and rows of a step: so few that activations stay in the processor's caches.
LENGTH = 512
ROWS = 8
MATRIX_RATE = 0.01
OTHER_RATE = 0.006
MATRIX_DECAY = 0.1
WARM_UP = 100
# The rate falls over this last part of all steps.
FALL = 0.4
CHECKPOINT_SECONDS = 300


class Corpus:
    """Rows of tokens with their weights, in an order that a seed gives: what comes first, then the rest."""

    def __init__(self, folder: Path) -> None:
        self.ids = np.memmap(folder / "ids.bin", np.uint16, "r")
        self.weights = np.memmap(folder / "weights.bin", np.uint8, "r")
        rows = (len(self.ids) - 1) // LENGTH
        first = int((folder / FIRST_TOKENS).read_text()) // LENGTH
        rng = np.random.default_rng(0)
        self.order = np.concatenate((rng.permutation(first), first + rng.permutation(rows - first)))

    def steps(self) -> int:
        """Steps of one pass."""
        return len(self.order) // ROWS

    def step(self, number: int) -> tuple[Tensor, Tensor]:
        """Ids and weights of a step, [rows, length + 1]."""
        starts = self.order[number * ROWS : (number + 1) * ROWS] * LENGTH
        at = starts[:, None] + np.arange(LENGTH + 1)
        ids = torch.from_numpy(self.ids[at].astype(np.int64))
        return ids, torch.from_numpy(self.weights[at].astype(np.float32) / 255)


def optimizers(model: Ember) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for all else."""
    matrices = [p for p in model.layers.parameters() if p.ndim == 2]
    known = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in known]
    return [
        Muon(matrices, lr=MATRIX_RATE, weight_decay=MATRIX_DECAY),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate(step: int, steps: int) -> float:
    """The share of the highest rate: up, level, and down to nothing."""
    falling = (steps - step) / max(1.0, FALL * steps)
    return min(1.0, (step + 1) / WARM_UP, falling)


def save(path: Path, model: nn.Module, parts: list[torch.optim.Optimizer], step: int) -> None:
    """Writes a checkpoint, beside the old one until it is whole."""
    partial = path.with_suffix(".part")
    state = {"model": model.state_dict(), "optimizers": [part.state_dict() for part in parts], "step": step}
    torch.save(state, partial)
    partial.rename(path)


def train(shape: Shape, corpus_folder: Path, checkpoint: Path, tokens: int) -> Ember:
    """Trains on so many tokens of the corpus, at most all of them."""
    torch.manual_seed(0)
    model = Ember(shape)
    if shutil.which("g++"):
        model.hidden = torch.compile(model.hidden)  # type: ignore[method-assign]
    corpus = Corpus(corpus_folder)
    parts = optimizers(model)
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
    return model
