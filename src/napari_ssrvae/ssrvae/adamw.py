"""Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2).

torch's own optimisers import its compiler when they are made, and with it Triton where torch has CUDA.
That costs seconds before the first step, and in a process that has a window on Mesa's software renderer
it is a segmentation fault: two copies of LLVM. The step itself is a few lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

__all__ = ["AdamW", "Group"]


@dataclass
class Group:
    """Parameters that share a rate and a decay; `lr` may be changed between steps."""

    parameters: list[nn.Parameter]
    lr: float
    weight_decay: float = 0.0
    mean: list[Tensor] = field(init=False, repr=False)
    square: list[Tensor] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.mean = [torch.zeros_like(p) for p in self.parameters]
        self.square = [torch.zeros_like(p) for p in self.parameters]


class AdamW:
    """Steps the parameters of some groups along their gradients.

    Parameters
    ----------
    groups : sequence of Group
    betas : (float, float)
        Decay of the running mean of the gradient and of its square.
    eps : float
    """

    def __init__(
        self, groups: Sequence[Group], betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        self.groups = list(groups)
        self._betas, self._eps = betas, eps
        self._steps = 0

    def tensors(self) -> dict[str, Tensor]:
        """Return the running means, not copied, and the number of steps done."""
        found: dict[str, Tensor] = {"steps": torch.tensor(self._steps)}
        for g, group in enumerate(self.groups):
            for i, (mean, square) in enumerate(zip(group.mean, group.square, strict=True)):
                found |= {f"{g}.{i}.mean": mean, f"{g}.{i}.square": square}
        return found

    @torch.no_grad()
    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` returned."""
        for name, value in self.tensors().items():
            value.copy_(tensors[name])
        self._steps = int(tensors["steps"])

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change every parameter that has a gradient."""
        self._steps += 1
        first, second = self._betas
        unbias_mean = 1 - first**self._steps
        unbias_root = math.sqrt(1 - second**self._steps)
        for group in self.groups:
            used = [i for i, p in enumerate(group.parameters) if p.grad is not None]
            if not used:
                continue
            parameters: list[Tensor] = [group.parameters[i] for i in used]
            gradients = [p.grad for p in parameters if p.grad is not None]
            mean, square = [group.mean[i] for i in used], [group.square[i] for i in used]
            torch._foreach_mul_(parameters, 1 - group.lr * group.weight_decay)
            torch._foreach_lerp_(mean, gradients, 1 - first)
            torch._foreach_mul_(square, second)
            torch._foreach_addcmul_(square, gradients, gradients, 1 - second)
            root = torch._foreach_sqrt(square)
            torch._foreach_div_(root, unbias_root)
            torch._foreach_add_(root, self._eps)
            torch._foreach_addcdiv_(parameters, mean, root, -group.lr / unbias_mean)
