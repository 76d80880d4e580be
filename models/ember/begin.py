"""A model file as the beginning of a further round: its vocabulary and its weights."""

from pathlib import Path

import gguf
import torch
from tokenizers import AddedToken, Tokenizer

import vocabulary
from export import tensor_name
from model import Ember
from shape import CONTROL, MARKS


def tokenizer(reader: gguf.GGUFReader) -> Tokenizer:
    """The vocabulary of the file."""
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    merges = reader.get_field("tokenizer.ggml.merges").contents()
    made = vocabulary.empty({token: number for number, token in enumerate(tokens)}, [tuple(merge.split(" ")) for merge in merges])
    made.add_special_tokens([AddedToken(text, normalized=False) for text in CONTROL + MARKS])
    return made


def read(path: Path, model: Ember, tokenizer_path: Path) -> None:
    """Writes the vocabulary of the file at `path` to `tokenizer_path`, and its weights into `model`; layers that it does not have stay as they begin, adding nothing."""
    reader = gguf.GGUFReader(path)
    tokenizer(reader).save(str(tokenizer_path))
    tensors = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    state = model.state_dict()
    known = {name: tensors[tensor_name(name)] for name in state if tensor_name(name) in tensors}
    model.load_state_dict(state | {name: torch.from_numpy(tensor.copy()).view(state[name].shape) for name, tensor in known.items()})
