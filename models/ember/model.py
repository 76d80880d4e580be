"""Qwen3, as its authors describe it: grouped queries, normalised queries and keys, rotary positions, gated feed-forward, tied embeddings."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import looking_back
from shape import Shape

FIRST_GAIN = 0.05


def rotary_tables(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, [length, head_width / 2]."""
    half = shape.head_width // 2
    frequencies = shape.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns the pairs (i, i + half) of [batch, heads, length, head_width]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Attention(nn.Module):
    """Queries of several heads over fewer keys."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        rows = shape.head_width
        self.query = nn.Linear(shape.width, shape.heads * rows, bias=False)
        self.key = nn.Linear(shape.width, shape.kv_heads * rows, bias=False)
        self.value = nn.Linear(shape.width, shape.kv_heads * rows, bias=False)
        self.output = nn.Linear(shape.heads * rows, shape.width, bias=False)
        self.query_norm = nn.RMSNorm(rows, eps=shape.epsilon)
        self.key_norm = nn.RMSNorm(rows, eps=shape.epsilon)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape

        def heads(flat: Tensor) -> Tensor:
            return flat.view(batch, length, -1, self.shape.head_width)

        query = rotate(self.query_norm(heads(self.query(x))).transpose(1, 2), cos, sin)
        key = rotate(self.key_norm(heads(self.key(x))).transpose(1, 2), cos, sin)
        value = heads(self.value(x)).transpose(1, 2)
        repeat = self.shape.heads // self.shape.kv_heads
        key, value = (t.repeat_interleave(repeat, dim=1) for t in (key, value))
        # Written out: the compiler makes better code of this for short samples than PyTorch's function has.
        scores = (query @ key.transpose(2, 3)).float() * self.shape.head_width**-0.5
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(later, -torch.inf).softmax(-1).to(value.dtype) @ value
        return self.output(mixed.transpose(1, 2).reshape(batch, length, -1))


class Layer(nn.Module):
    """Attention, then a gated feed-forward network."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.feed_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin)
        y = self.feed_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Ember(nn.Module):
    """The whole model."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        cos, sin = rotary_tables(shape, shape.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(self._start)
        # The first predictions are nearly even.
        nn.init.constant_(self.norm.weight, FIRST_GAIN)
        for layer in self.layers:
            # What is added to the stream begins at nothing.
            nn.init.zeros_(layer.attention.output.weight)
            nn.init.zeros_(layer.down.weight)
        looking_back.begin(shape, self.embedding.weight, self.layers)

    @staticmethod
    def _start(module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=module.weight.shape[-1] ** -0.5)

    def hidden(self, ids: Tensor) -> Tensor:
        """What the last layer says of [batch, length] ids."""
        length = ids.shape[1]
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)

    def loss(self, ids: Tensor, weights: Tensor) -> Tensor:
        """Cross entropy of each next token times its weight, in all; only tokens of some weight are computed."""
        hidden = self.hidden(ids[:, :-1])
        weights = weights[:, 1:]
        counted = weights > 0
        return self.of_next(hidden[counted], ids[:, 1:][counted], weights[counted])

    def of_next(self, hidden: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
        """Cross entropy of tokens [n], each times its weight, in all."""
        logits = (hidden @ self.embedding.weight.T).float()
        return (F.cross_entropy(logits, ids, reduction="none") * weights).sum()
