"""How long the report holds the main thread at 100,000 particles: python -m benchmarks.report (on a display).

Prints, for each page, the longest turn of the event loop that a refresh of the page takes, drawing included.
In time of the processor, so that other programs on the machine do not count. The goal is 30 ms.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import thread_time

import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication
from tests.session.many import many_particles, predict

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.report.panel import ReportPanel
from napari_ssrvae.library.acts import AssignClass

GOAL_MS = 30.0
KEPT = 60


def main() -> None:
    """Measure each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder) / "library")
        viewer = ViewerModel()
        canvas = canvas_of(viewer)
        panel = ReportPanel(canvas)
        panel.resize(1280, 330)
        canvas.session.open_library(Path(folder) / "library")
        panel.source.setCurrentIndex(1)
        panel.show()
        for place, page in enumerate(panel.pages):
            panel.tabs.setCurrentIndex(place)
            _turns(application)
            worst = []
            for _ in range(rounds):
                start = thread_time()
                page.refresh()
                first = 1000 * (thread_time() - start)
                worst.append(max(first, *_turns(application)))
            print(
                f"{page.title:14s} {len(canvas.session.catalogue):,} particles: longest turn median "
                f"{np.median(worst):.1f} ms, worst of {rounds} {max(worst):.1f} ms (goal {GOAL_MS:.0f} ms)"
            )
        panel.close()
        canvas.session.close()


def _turns(application: QApplication, n: int = 12) -> list[float]:
    """Let the event loop turn; return how long each turn took, in ms."""
    took = []
    for _ in range(n):
        start = thread_time()
        application.processEvents()
        took.append(1000 * (thread_time() - start))
    return took


def _fill(folder: Path) -> None:
    library = many_particles(folder, 10, 100)
    ids = library.particles().index.to_numpy()[:KEPT]
    predict(library)
    for k in range(3):
        library.do(AssignClass(tuple(ids[k::3].tolist()), k + 1, check="m"))
    library.close()


if __name__ == "__main__":
    main()
