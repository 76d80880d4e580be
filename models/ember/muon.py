"""Muon: steps of a matrix whose singular values are all about one (Jordan et al. 2024, "Muon: an optimizer for hidden layers").

Unlike PyTorch's own this one takes matrices of a shape together, and computes in bfloat16 only where the processor does.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

# Coefficients of the quintic iteration, and how often it is done.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
TIMES = 5


def orthogonal(matrices: Tensor, kind: torch.dtype = torch.float32) -> Tensor:
    """The nearest matrices with singular values of about one, of [n, rows, columns]."""
    a, b, c = COEFFICIENTS
    turn = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if turn else matrices
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(kind)
    for _ in range(TIMES):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return (x.transpose(1, 2) if turn else x).float()


class Muon(torch.optim.Optimizer):
    """Nesterov's momentum, made orthogonal."""

    def __init__(self, matrices: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0, kind: torch.dtype = torch.float32) -> None:
        self.kind = kind
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Takes a step."""
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                by_shape[tuple(matrix.shape)].append(matrix)
            for alike in by_shape.values():
                self._step(alike, group)

    def _step(self, matrices: list[Tensor], group: dict) -> None:
        directions = []
        for matrix in matrices:
            state = self.state[matrix]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(matrix)
            state["momentum"].lerp_(matrix.grad, 1 - group["momentum"])
            directions.append(matrix.grad.lerp(state["momentum"], group["momentum"]))
        rows, columns = matrices[0].shape
        rate = group["lr"] * max(1.0, rows / columns) ** 0.5
        for matrix, direction in zip(matrices, orthogonal(torch.stack(directions), self.kind), strict=True):
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.sub_(direction, alpha=rate)
