"""Our optimiser against torch's, in a process of its own: torch's imports the compiler."""

from __future__ import annotations

import subprocess
import sys

SAME_STEPS = """
import torch
from torch import nn
from napari_ssrvae.ssrvae.adamw import AdamW, Group

def network():
    generator = torch.Generator().manual_seed(1)
    layers = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double()
    with torch.no_grad():
        for p in layers.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64))
    return layers

ours, theirs = network(), network()
unused = nn.Parameter(torch.ones(2))
groups = [Group([*ours[0].parameters(), unused], 1e-2, 0.1), Group(list(ours[2].parameters()), 1e-2)]
mine = AdamW(groups, betas=(0.9, 0.98))
torchs = torch.optim.AdamW(
    [{"params": theirs[0].parameters(), "weight_decay": 0.1}, {"params": theirs[2].parameters(), "weight_decay": 0.0}],
    lr=1e-2, betas=(0.9, 0.98))
generator = torch.Generator().manual_seed(2)
for step in range(25):
    x = torch.randn(11, 5, generator=generator, dtype=torch.float64)
    mine.groups[1].lr = torchs.param_groups[1]["lr"] = 1e-2 / (1 + step)
    for layers, optimiser in ((ours, mine), (theirs, torchs)):
        optimiser.zero_grad()
        layers(x).square().sum().backward()
        optimiser.step()
for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
    torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)
assert torch.equal(unused, torch.ones(2)), "a parameter without gradient was changed"
"""

NO_COMPILER = """
import sys
import numpy as np
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters
rng = np.random.default_rng(0)
X = rng.random((24, 16, 16), dtype=np.float32)
y = np.where(np.arange(24) < 12, np.arange(24) % 2, -1)
model = SSRVAE(2, parameters=SSRVAEParameters(epochs=1, hidden=8)).fit(X, y)
model.describe(X)
model.traverse(0, 0)
loaded = {"torch._dynamo", "torch._inductor", "triton"} & set(sys.modules)
assert not loaded, loaded
"""


def run(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_steps_are_torchs() -> None:
    run(SAME_STEPS)


def test_training_and_prediction_load_no_compiler() -> None:
    """Triton's LLVM beside Mesa's is a segmentation fault in a process with a window."""
    run(NO_COMPILER)
