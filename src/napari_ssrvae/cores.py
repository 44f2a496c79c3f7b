"""How the threads of OpenMP wait for each other, where the cores are shared with a window or other programs."""

from __future__ import annotations

import os
import sys

__all__ = ["share_cores"]

WAITING = {
    "OMP_WAIT_POLICY": "active",
    "GOMP_SPINCOUNT": "1000",
    "KMP_BLOCKTIME": "1",
}
"""Names and values of the environment; the first two make sense together only.

GNU's OpenMP has two counts, one for as many threads as cores and one, at most 100 unless the policy is active, for
more: as many there are as soon as another thread of the program, the window's, has used OpenMP. "active" alone would
spin for minutes; with the count it says that the count holds for both. The last is for OpenMP of LLVM and Intel, for
which "active" has no end otherwise: one millisecond.
"""


def share_cores() -> None:
    """Let threads that wait for each other sleep after a short while instead of spinning.

    The steps of a training are many small operations. With what GNU's OpenMP does by itself, a thread that waits
    spins for milliseconds, and keeps the one that it waits for from its core as soon as anything else runs there:
    100 steps of the model took 4.4 s on two free cores, more than 58 s beside one busy program. With this, 4.7 s
    and 11 s. See "Threads" in docs/experiments.md.

    For programs (the window, the command line) on Linux, before torch is imported; whoever uses the package as a
    library decides alone. If the user has set any of these, all are left as they are.
    """
    if sys.platform == "linux" and not any(name in os.environ for name in WAITING):
        os.environ.update(WAITING)
