"""Makes ember from nothing: vocabulary, corpus, training, model file. `python models/ember/make.py --help` says how."""

import argparse
import itertools
import os
import shutil
from pathlib import Path

import torch

import begin
import corpus
import export
import vocabulary
from conversation import TEMPLATE, pieces
from data.mixture import samples
from model import Ember
from shape import Shape
from train import train

# Samples that the vocabulary is learned from.
VOCABULARY_SAMPLES = 60_000
MODEL = Path(__file__).with_name("ember.gguf")
ROUNDS = 5
# The rates of the first round, and of those after it, whose weights know much already.
FIRST_SHARE, LATER_SHARE = 1.0, 0.5


def arguments() -> argparse.Namespace:
    """What the person asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("HEARTH_CACHE", Path.home() / ".cache/hearth")) / "ember"
    parser.add_argument("--work", type=Path, default=default, help="folder for corpora and checkpoints (default: %(default)s)")
    parser.add_argument("--round", type=int, help="do this round alone: the first begins with nothing, a later one with the model file (default: all of them)")
    parser.add_argument("--tokens", type=float, default=27e6, help="tokens of each round, each seen once (default: %(default).0f)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads (default: %(default)s)")
    parser.add_argument("--export", action="store_true", help="write the model file of the round's newest checkpoint, without training")
    parser.add_argument("--out", type=Path, default=MODEL, help="the model file (default: %(default)s)")
    return parser.parse_args()


def first_state(number: int, model: Ember, tokenizer_path: Path, before: Path) -> None:
    """The vocabulary, and of a later round the weights, that a round begins with."""
    if number > 1:
        begin.read(before, model, tokenizer_path)
    elif not tokenizer_path.is_file():
        made = itertools.islice(samples(0, "train"), VOCABULARY_SAMPLES)
        texts = ("".join(text for text, _ in pieces(sample)) for sample in made)
        vocabulary.learn(texts, model.shape).save(str(tokenizer_path))


def do_round(number: int, asked: argparse.Namespace, before: Path) -> Path:
    """Every stage of a round whose result is not there yet; returns its model file."""
    folder = asked.work / f"round-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(number - 1)
    model = Ember(Shape())
    tokenizer_path, checkpoint = folder / "tokenizer.json", folder / "checkpoint.pt"
    if not checkpoint.is_file():
        first_state(number, model, tokenizer_path, before)
    if not (folder / "lengths.bin").is_file():
        corpus.write(folder, tokenizer_path, int(asked.tokens), asked.threads, number)
    if asked.export:
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    else:
        train(model, folder, checkpoint, FIRST_SHARE if number == 1 else LATER_SHARE)
    out = folder / MODEL.name
    export.write(out, model.eval(), vocabulary.read(tokenizer_path), TEMPLATE.read_text())
    return out


def main() -> None:
    """The rounds that were asked for, each after the one before."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    print(f"{Shape().parameters() / 1e6:.2f} million parameters")
    made = asked.out
    for number in [asked.round] if asked.round else range(1, ROUNDS + 1):
        made = do_round(number, asked, made)
    shutil.copyfile(made, asked.out)
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
