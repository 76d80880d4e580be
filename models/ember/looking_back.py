"""Heads that look back from the start: one that sees the token before, one that finds where the present token stood before.

Models learn to copy by forming such a pair ("induction heads", Olsson et al. 2022), and a small one spends most of a short
training until it has. Here they are its first weights, and training goes on from them.

Of the residual stream the first number is the same for all tokens, so that queries and keys may be constant; the next ones are
the token; the last `HEAD` begin nearly empty, and the first head writes into them which token came before.
"""

import torch
from torch import Tensor, nn

from shape import Shape

CONSTANT = 2.0
TOKEN_STD = 0.6
EMPTY_STD = 0.1
# Pairs of a head that turn fast enough to tell neighbours apart, and those that hardly turn within a row.
FAST = 6
SLOW_FROM = 19
# How sharply the two heads look: the scale of their queries and keys.
SHARPNESS = 2.0


def orthonormal(rows: int, columns: int) -> Tensor:
    """Rows of length one, at right angles, in directions of chance."""
    return torch.linalg.qr(torch.randn(columns, rows))[0].T


def begin(shape: Shape, embedding: Tensor, layers: nn.ModuleList) -> None:
    """Writes the two heads into the first two layers, and the embedding that they read."""
    head, half = shape.head_width, shape.head_width // 2
    tokens = slice(1, shape.width - head)
    empty = slice(shape.width - head, shape.width)
    wide = tokens.stop - tokens.start
    with torch.no_grad():
        embedding[:, 0] = CONSTANT
        embedding[:, tokens].normal_(std=TOKEN_STD)
        embedding[:, empty].normal_(std=EMPTY_STD)
        which = orthonormal(head, wide)

        before = layers[0].attention
        angles = shape.rope_theta ** (-torch.arange(FAST) / half)
        before.query.weight[:head] = 0
        before.query.weight[:FAST, 0] = 1
        before.key.weight[:head] = 0
        before.key.weight[:FAST, 0] = angles.cos()
        before.key.weight[half : half + FAST, 0] = angles.sin()
        before.value.weight[:head] = 0
        before.value.weight[:head, tokens] = which
        before.output.weight[empty, :head] = torch.eye(head)

        match = layers[1].attention
        slow = torch.cat((torch.arange(SLOW_FROM, half), torch.arange(half + SLOW_FROM, head)))
        compared = orthonormal(len(slow), head)
        match.query.weight[:head] = 0
        match.query.weight[slow, tokens] = compared @ which
        match.key.weight[:head] = 0
        match.key.weight[slow, empty] = compared
        copied = orthonormal(head, wide)
        match.value.weight[:head] = 0
        match.value.weight[:head, tokens] = copied
        match.output.weight[tokens, :head] = copied.T
        for attention in (before, match):
            attention.query_norm.weight.fill_(SHARPNESS)
            attention.key_norm.weight.fill_(SHARPNESS)
