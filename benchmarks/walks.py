"""Random walks of a user against a simple model of what must be true.

    python -m benchmarks.walks [--walks 2000] [--steps 20] [--seed 0]

Each walk is a canvas on a viewer without a window, with a library of its own: labels by mouse and in groups,
selections, acts on classes, edits of the mask, undo and redo, reopenings, a full disk, layers that are deleted, renamed
and duplicated, new segmentations and trainings, in any order. After every step all is compared with the model.
A counterexample is made as short as can be and printed as the steps that lead to it; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from time import perf_counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> int:
    """Go the walks; 0 if all of them were as they must be."""
    from qtpy.QtWidgets import QApplication
    from tests.docks.walks import Walk

    # Timers of the canvas want an application, and it has to outlive the walks.
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert application is not None
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=20, help="most steps in a walk")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    walks = comparisons = 0

    class Counted(Walk):
        def teardown(self) -> None:
            nonlocal walks, comparisons
            walks, comparisons = walks + 1, comparisons + self.compared
            super().teardown()

    go = get_state_machine_test(
        Counted,
        settings=settings(
            max_examples=options.walks,
            stateful_step_count=options.steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    start = perf_counter()
    try:
        seed(options.seed)(go)()
    except AssertionError:
        print(f"A counterexample in walk {walks:,}:", file=sys.stderr)
        raise
    seconds = perf_counter() - start
    print(f"{walks:,} walks, {comparisons:,} comparisons, no counterexample ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
