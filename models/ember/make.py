"""Makes ember from nothing: vocabulary, corpus, training, model file. `python models/ember/make.py --help` says how."""

import argparse
import itertools
import os
from pathlib import Path

import torch

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


def arguments() -> argparse.Namespace:
    """What the person asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("HEARTH_CACHE", Path.home() / ".cache/hearth")) / "ember"
    parser.add_argument("--work", type=Path, default=default, help="folder for the corpus and checkpoints (default: %(default)s)")
    parser.add_argument("--tokens", type=float, default=27e6, help="tokens of the corpus, each seen once (default: %(default).0f)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads (default: %(default)s)")
    parser.add_argument("--export", action="store_true", help="write the model file of the newest checkpoint, without training")
    parser.add_argument("--out", type=Path, default=MODEL, help="the model file (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    """Every stage whose result is not there yet."""
    asked = arguments()
    asked.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(asked.threads)
    shape = Shape()
    print(f"{shape.parameters() / 1e6:.2f} million parameters")
    tokenizer_path = asked.work / "tokenizer.json"
    if not tokenizer_path.is_file():
        made = itertools.islice(samples(0, "train"), VOCABULARY_SAMPLES)
        texts = ("".join(text for text, _ in pieces(sample)) for sample in made)
        vocabulary.learn(texts, shape).save(str(tokenizer_path))
    if not (asked.work / "lengths.bin").is_file():
        corpus.write(asked.work, tokenizer_path, int(asked.tokens), asked.threads)
    checkpoint = asked.work / "checkpoint.pt"
    if asked.export:
        model = Ember(shape)
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    else:
        model = train(shape, asked.work, checkpoint, int(asked.tokens))
    export.write(asked.out, model.eval(), vocabulary.read(tokenizer_path), TEMPLATE.read_text())
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
