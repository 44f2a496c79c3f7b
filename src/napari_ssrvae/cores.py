"""How the threads of OpenMP wait for each other, where the cores are shared with a window or other programs."""

from __future__ import annotations

import os

__all__ = ["share_cores"]

SPINS = "1000"


def share_cores() -> None:
    """Let threads that wait for each other sleep after a short while instead of spinning.

    The steps of a training are many small operations. With what GNU's OpenMP does by itself, a thread that waits
    spins for milliseconds, and keeps the one that it waits for from its core as soon as anything else runs there:
    100 steps of the model took 4.4 s on two free cores, more than 58 s beside one busy program. With this, 4.7 s
    and 11 s. See "Threads" in docs/experiments.md.

    For programs (the window, the command line), before torch is imported; whoever uses the package as a library
    decides alone. What the user has set is left as it is. No effect on other makers' OpenMP.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
