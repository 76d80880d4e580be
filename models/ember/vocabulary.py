"""The vocabulary: byte-level pairs, learned from made texts; every digit is a token of its own."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from shape import CONTROL, MARKS, Shape

# How the text falls into words before pairs are merged: the pre-tokenizer that GGUF files call `qwen2`.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def empty(tokens: dict[str, int] | None = None, merges: list[tuple[str, str]] | None = None) -> Tokenizer:
    """A vocabulary of these tokens and merges, or of none yet."""
    tokenizer = Tokenizer(models.BPE(tokens, merges) if tokens else models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def learn(texts: Iterable[str], shape: Shape) -> Tokenizer:
    """Learns the pairs of the texts. Special tokens have the first ids."""
    tokenizer = empty()
    trainer = trainers.BpeTrainer(
        vocab_size=shape.vocabulary,
        special_tokens=[AddedToken(text, normalized=False) for text in CONTROL + MARKS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != shape.vocabulary:
        raise ValueError(f"the texts give {tokenizer.get_vocab_size()} tokens, wanted are {shape.vocabulary}")
    return tokenizer


def read(path: Path) -> Tokenizer:
    """Reads what `learn` has learned and somebody has saved."""
    return Tokenizer.from_file(str(path))
