"""A real viewer in which docks are used as a person would use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ssrvae.docks.canvas import Canvas, canvas_of
from napari_ssrvae.docks.workbench import Workbench


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """New libraries go where the test can see them."""
    folder = tmp_path / "libraries"
    monkeypatch.setenv("NAPARI_SSRVAE_LIBRARIES", str(folder))
    return folder


@pytest.fixture
def new_bench(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Iterator[Callable[[], Bench]]:
    """Makes shown viewers with the workbench docked."""
    made: list[Bench] = []

    def make() -> Bench:
        viewer = make_napari_viewer(show=True)
        viewer.window.resize(1500, 950)
        _, workbench = viewer.window.add_plugin_dock_widget("napari-ssrvae", "Workbench")
        made.append(Bench(viewer, workbench, qtbot))
        return made[-1]

    yield make
    for bench in made:
        for run in (bench.canvas.training, bench.canvas.segmentation, bench.canvas.preview):
            run.abandon()
            qtbot.waitUntil(lambda run=run: not run.running, timeout=60_000)
        bench.session.close()


@pytest.fixture
def bench(new_bench: Callable[[], Bench]) -> Bench:
    """A shown viewer with the workbench docked."""
    return new_bench()


class Bench:
    """A viewer, its workbench, and a hand on the mouse."""

    def __init__(self, viewer: Any, workbench: Workbench, qtbot: Any) -> None:
        self.viewer, self.workbench, self.qtbot = viewer, workbench, qtbot

    @property
    def canvas(self) -> Canvas:
        return canvas_of(self.viewer)

    @property
    def session(self) -> Any:
        return self.canvas.session

    def open_disks(self, **more: Any) -> np.ndarray:
        """Add a small micrograph of 12 bright disks of two sizes as an image layer; return their centres."""
        image, centres = disks(**more)
        self.viewer.add_image(image, name="disks")
        return centres

    def find(self) -> None:
        """Press Find particles and wait until they are there."""
        with self.qtbot.waitSignal(self.session.particles_changed, timeout=30_000):
            self.press(self.workbench.segment.find)
        self.qtbot.waitUntil(lambda: not self.canvas.segmentation.running, timeout=10_000)

    def press(self, button: Any) -> None:
        """Click a button with the mouse."""
        from qtpy.QtCore import Qt

        assert button.isEnabled(), button.text()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def click(
        self, row: float, column: float, button: str = "left", to: tuple[int, int] = (0, 0)
    ) -> None:
        """Press and release the mouse on the canvas at a position in the current micrograph's pixels.

        `to` is how far the mouse moves between press and release, in screen pixels.
        """
        from qtpy.QtCore import QPoint, Qt

        which = {"left": Qt.MouseButton.LeftButton, "right": Qt.MouseButton.RightButton}[button]
        native = self.viewer.window._qt_viewer.canvas.native
        at = self.on_canvas(row, column)
        self.qtbot.mouseMove(native, at)
        self.qtbot.mousePress(native, which, pos=at)
        if to != (0, 0):
            at = at + QPoint(*to)
            self.qtbot.mouseMove(native, at)
        self.qtbot.mouseRelease(native, which, pos=at)

    def choose_class(self, row: int) -> None:
        """Click a row of the class list."""
        from qtpy.QtCore import Qt

        table = self.workbench.label.table
        at = table.visualRect(table.model().index(row, 1)).center()
        self.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)

    def hover(self, row: float, column: float) -> None:
        """Move the mouse to a position in the current micrograph's pixels and wait until napari knows."""
        from qtpy.QtCore import QPoint

        native = self.viewer.window._qt_viewer.canvas.native
        at = self.on_canvas(row, column)
        wanted = self.canvas.image_layer(self.session.current).data_to_world((row, column))

        def arrived() -> bool:
            # A pointer that is there already does not move, so it comes from one pixel beside.
            self.qtbot.mouseMove(native, at + QPoint(1, 1))
            self.qtbot.mouseMove(native, at)
            position = np.asarray(self.viewer.cursor.position)[-2:]
            return bool(
                np.abs(position - np.asarray(wanted)[-2:]).max() * self.viewer.scene.camera.zoom < 3
            )

        self.qtbot.waitUntil(arrived, timeout=5000)

    def key(self, key: str) -> None:
        """Press a key with the canvas in focus."""
        from qtpy.QtCore import Qt
        from qtpy.QtGui import QKeySequence

        combination = QKeySequence(key)[0]
        native = self.viewer.window._qt_viewer.canvas.native
        self.qtbot.keyClick(
            native,
            combination.key(),
            combination.keyboardModifiers() or Qt.KeyboardModifier.NoModifier,
        )

    def on_canvas(self, row: float, column: float) -> Any:
        """Return where a pixel of the current micrograph is on the canvas, in screen pixels."""
        from qtpy.QtCore import QPoint

        layer = self.canvas.image_layer(self.session.current)
        world = np.asarray(layer.data_to_world((row, column)))[-2:]
        centre = np.asarray(self.viewer.scene.camera.center)[-2:]
        canvas = self.viewer.window._qt_viewer.canvas.native
        size = np.array([canvas.height(), canvas.width()], float)
        y, x = size / 2 + (world - centre) * self.viewer.scene.camera.zoom
        return QPoint(round(x), round(y))

    def label_position(self, label_id: int) -> tuple[int, int]:
        """Return a pixel well inside a particle of the current micrograph."""
        from scipy import ndimage

        state = self.session.current
        top, left, bottom, right = state.boxes[label_id]
        inside = np.pad(state.labels[top:bottom, left:right] == label_id, 1)
        depth = ndimage.distance_transform_edt(inside)
        r, c = np.unravel_index(int(depth.argmax()), depth.shape)
        return int(r - 1 + top), int(c - 1 + left)


def disks(seed: int = 0, shape: tuple[int, int] = (240, 320)) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy picture of 12 bright disks, radius 8 and 14 in turn, and their centres."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = np.full(shape, 60.0)
    centres = np.array([(40 + 80 * (i // 4), 40 + 80 * (i % 4)) for i in range(12)])
    for number, (r, c) in enumerate(centres):
        image[(rows - r) ** 2 + (columns - c) ** 2 <= (8 if number % 2 else 14) ** 2] = 180
    noisy = image + rng.normal(0, 6, shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8), centres
