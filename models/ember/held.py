"""The held-out samples that the evaluation asks: of templates and phrasings that training never sees."""

import argparse
import itertools
import json
from pathlib import Path

from data.mixture import MIXTURE, samples

# Samples of each generator.
EACH = 200
SEED = 7
FILE = Path(__file__).with_name("held-out.jsonl")


def choose() -> list[dict]:
    """So many samples of each generator."""
    streams = (samples(SEED, "held", ((generator, 1.0),)) for generator, _ in MIXTURE)
    return [sample for stream in streams for sample in itertools.islice(stream, EACH)]


def as_lines(samples: list[dict]) -> str:
    """One sample on each line."""
    return "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FILE, help="the file (default: %(default)s)")
    asked = parser.parse_args()
    asked.out.write_text(as_lines(choose()))


if __name__ == "__main__":
    main()
