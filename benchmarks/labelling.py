"""How quick labelling on the micrograph is: 4096 x 4096 pixels, 10,000 particles, all panels open.

    python -m benchmarks.labelling [--clicks 60] [--size 4096]

Needs a display, a virtual one will do. For each of three zooms: from the press of the mouse to the swap of the
window's buffers that shows the new colour, beside what drawing the unchanged window costs (the part of it that no
plugin can save). Then the same for undo, for 1,000 particles at once, and for undoing that. Prints median and 95th
percentile in ms.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.editing import made

GOAL_MS = {"press": 50, "1,000 at once": 200, "undo 1,000": 200, "undo": 50}
ZOOMS: tuple[float | None, ...] = (None, 1.0, 4.0)


class Screen:
    """A window with the workbench and a micrograph, and a clock that stops when a new picture is shown."""

    def __init__(self, size: int) -> None:
        import napari
        from qtpy.QtWidgets import QApplication

        from napari_ssrvae.docks.canvas import canvas_of, canvas_widget
        from napari_ssrvae.docks.window import open_workbench
        from napari_ssrvae.workflow import ParticlesFound, find_particles

        image, labels = made(size)
        self.viewer = napari.Viewer()
        self.viewer.window.resize(1500, 950)
        open_workbench(self.viewer)
        self.canvas = canvas_of(self.viewer)
        self.session = self.canvas.session
        self.viewer.add_image(image, name="disks")
        self.canvas.preview.switch(False)
        state = self.session.current
        assert state is not None
        self.state = state
        events = find_particles(state.micrograph, labels=labels)
        found = next(event for event in events if isinstance(event, ParticlesFound))
        self.session.accept_particles(state, found)
        self.widget: Any = canvas_widget(self.viewer)
        self.pictures = 0
        self.widget.frameSwapped.connect(self._on_picture)
        self.app: Any = QApplication.instance()
        self.settle()

    def _on_picture(self) -> None:
        self.pictures += 1

    def settle(self) -> None:
        """Let everything that is under way end."""
        from qtpy.QtTest import QTest

        QTest.qWait(80)
        for _ in range(20):
            self.app.processEvents()

    def until_seen(self, act: Callable[[], object]) -> float:
        """Return how long it takes from an act until the next picture is shown, in ms."""
        self.settle()
        before, start = self.pictures, perf_counter()
        act()
        while self.pictures == before:
            self.app.processEvents()
        return 1000 * (perf_counter() - start)

    def places_in_view(self, n: int) -> Iterator[Any]:
        """Yield where particles without a label are on the canvas, at most `n`."""
        from qtpy.QtCore import QPoint

        camera, image = self.viewer.scene.camera, self.canvas.image_layer(self.state)
        assert image is not None
        room = np.array([self.widget.height(), self.widget.width()])
        for label_id in np.random.default_rng(0).permutation(self.state.label_ids):
            if n == 0:
                return
            top, left, bottom, right = self.state.boxes[label_id]
            centre = (top + bottom) / 2, (left + right) / 2
            world = np.asarray(image.data_to_world(centre))[-2:]
            at = room / 2 + (world - np.asarray(camera.center)[-2:]) * camera.zoom
            inside = (at > 10).all() and (at < room - 10).all()
            if inside and self.state.label_at(*centre) and not self.state.by_hand[label_id]:
                n -= 1
                yield QPoint(round(at[1]), round(at[0]))

    def click(self, at: Any) -> float:
        """Return how long a click takes from its press until the new colour is shown, in ms."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.mouseMove(self.widget, at)
        return self.until_seen(
            lambda: QTest.mouseClick(self.widget, Qt.MouseButton.LeftButton, pos=at)
        )

    def key(self, keys: str) -> float:
        """Return how long a key takes until what it does is shown, in ms."""
        from qtpy.QtGui import QKeySequence
        from qtpy.QtTest import QTest

        combination = QKeySequence(keys)[0]
        return self.until_seen(
            lambda: QTest.keyClick(self.widget, combination.key(), combination.keyboardModifiers())
        )


def told(name: str, times: list[float], goal: str = "") -> None:
    """Print one row."""
    against = f"   goal {GOAL_MS[goal]}" if goal else ""
    median, late = np.median(times), np.percentile(times, 95)
    print(f"{name:34s} {len(times):4d}  {median:7.1f}  {late:7.1f}{against}")


def measure(screen: Screen, clicks: int) -> None:
    """Print the table."""
    from napari_ssrvae.docks.tools import Tool

    session, widget = screen.session, screen.widget
    print(f"{screen.state.n_particles:,} particles, canvas {widget.width()} x {widget.height()}")
    print(f"{'':34s} {'n':>4s}  {'median':>7s}  {'p95':>7s}   ms")
    for zoom in ZOOMS:
        name = "whole in view" if zoom is None else f"zoom {zoom:g}"
        if zoom is None:
            screen.viewer.reset_view()
        else:
            screen.viewer.scene.camera.zoom = zoom
        screen.settle()
        told(f"{name}: window as it is", [screen.until_seen(widget.update) for _ in range(20)])
        places = list(screen.places_in_view(clicks))
        told(f"{name}: press to colour", [screen.click(at) for at in places], "press")
        told(f"{name}: undo", [screen.key("Ctrl+Z") for _ in places], "undo")
    screen.viewer.reset_view()
    many, back = [], []
    ids = screen.state.particle_ids[screen.state.label_ids]
    for start in range(0, 5000, 1000):
        session.selection.select(ids[start : start + 1000])
        screen.canvas.tools.choose(Tool.BOX)
        many.append(screen.key("2"))
        back.append(screen.key("Ctrl+Z"))
    told("1,000 at once", many, "1,000 at once")
    told("undo 1,000", back, "undo 1,000")


def main() -> None:
    """Make the window, measure, close it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--size", type=int, default=4096)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NAPARI_SSRVAE_LIBRARIES"] = str(Path(home) / "libraries")
        screen = Screen(options.size)
        try:
            measure(screen, options.clicks)
        finally:
            screen.session.close()
            screen.viewer.close()


if __name__ == "__main__":
    main()
