"""How long from a moved latent slider to the new picture, and from a clicked tile to the particles like it.

Makes a library of made-up particles with a model of each preset, opens the latents dock in a real window, presses
the arrow keys on its sliders and clicks tiles of the manifold. What is measured ends when the picture has been
painted. Then the same while a model is trained on the playing cards in another thread.

    python -m benchmarks.latents [--particles 100000] [--moves 60] [--presets default paper]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gallery import LATENTS, PATCH_PX, make_library
from benchmarks.preview import Watch, tell, until
from napari_ssrvae.evaluation.cards import make_cards
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters
from napari_ssrvae.workflow import ModelCard
from napari_ssrvae.workflow.model_card import write_model_card

GOAL_MS = 50
CARDS = 12_800


def add_model(folder: Path, preset: str, seed: int = 0) -> None:
    """Put a barely trained model in the place of the made-up one: how well it draws costs no time."""
    rng = np.random.default_rng(seed)
    parameters = SSRVAEParameters.of_preset(preset).model_copy(
        update={"epochs": 1, "n_latents": LATENTS}
    )
    model = SSRVAE(4, preset, parameters=parameters, device="cpu")
    model.fit(rng.random((64, PATCH_PX, PATCH_PX), np.float32), np.arange(64) % 4)
    with ParticleLibrary.open(folder) as library:
        place = library.model_folder(str(library.current_model))
        shutil.rmtree(place, ignore_errors=True)
        model.save(place)
        names = [c.name for c in library.classes()][:4]
        write_model_card(place, ModelCard(tuple(names), PATCH_PX, 2.0, PATCH_PX, {}))


@contextmanager
def training() -> Iterator[None]:
    """Train on the cards in another thread meanwhile."""
    images, classes, _ = make_cards(CARDS // 4, max_angle_deg=60)
    stop = threading.Event()
    begun = threading.Event()

    def train() -> None:
        y = np.where(np.arange(len(images)) % 16 == 0, classes, -1)
        for event in SSRVAE(4, device="cpu").iter_fit(images, y):
            if type(event).__name__ == "StepEvent":
                begun.set()
            if stop.is_set():
                return

    thread = threading.Thread(target=train)
    thread.start()
    try:
        until(begun.is_set)
        yield
    finally:
        stop.set()
        until(lambda: not thread.is_alive())


class Painted:
    """Tells when a widget was painted."""

    def __init__(self, widget: Any) -> None:
        from qtpy.QtCore import QEvent, QObject

        me = self
        self.count = 0

        class Filter(QObject):
            def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
                if event.type() == QEvent.Type.Paint:
                    me.count += 1
                return False

        self._filter = Filter(widget)
        widget.installEventFilter(self._filter)


def times(
    act: Callable[[int], None], done: Callable[[], bool], n: int
) -> list[tuple[float, float]]:
    """Return wall and processor seconds of n acts, each until the window shows it."""
    from qtpy.QtWidgets import QApplication

    found = []
    for at in range(n):
        watch = Watch()
        act(at)
        while not done():
            QApplication.processEvents()
        found.append(watch.read())
        # As a hand does: a pause, in which what follows is drawn too.
        rest = time.perf_counter() + 0.03
        until(lambda rest=rest: time.perf_counter() > rest)
    return found


def measure(panel: Any, moves: int, name: str) -> None:
    """Move sliders and click tiles."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    explorer = panel.explorer
    until(lambda: explorer.decoder is not None and explorer.manifold is not None)
    until(lambda: not explorer.busy)
    painted = Painted(panel.picture)
    before = 0

    def press(at: int) -> None:
        nonlocal before
        before = painted.count
        row = panel.place.rows[at % len(panel.place.rows)]
        QTest.keyClick(row.slider, Qt.Key.Key_Right if at % 4 < 3 else Qt.Key.Key_Left)

    def turn(at: int) -> None:
        nonlocal before
        before = painted.count
        QTest.keyClick(panel.place.angle, Qt.Key.Key_Right if at % 2 else Qt.Key.Key_Left)

    tell(f"{name}: slider to picture", times(press, lambda: painted.count > before, moves))
    tell(f"{name}: angle to picture", times(turn, lambda: painted.count > before, moves))
    thumbnails = Painted(panel.near)
    grid, seen = panel.manifold.grid, 0

    def click(at: int) -> None:
        nonlocal seen
        seen = thumbnails.count
        tile = (at * 5) % 9, (at * 7 + 1) % 9
        QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.middle_of(*tile).toPoint())

    clicks = max(5, moves // 4)
    tell(f"{name}: tile to nearest", times(click, lambda: thumbnails.count > seen, clicks))


def main() -> None:
    """Print how long it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=100_000)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--presets", nargs="+", default=["default", "paper"])
    asked = parser.parse_args()

    import napari

    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "library"
        make_library(folder, asked.particles)
        for preset in asked.presets:
            add_model(folder, preset)
            viewer = napari.Viewer()
            viewer.window.resize(1280, 800)
            _, dock = viewer.window.add_plugin_dock_widget("napari-ssrvae", "Latents")
            panel = dock.panel
            panel.session.open_library(folder)
            print(f"\n{asked.particles:,} particles, preset {preset}, {LATENTS} latents")
            measure(panel, asked.moves, "at rest")
            with training():
                measure(panel, asked.moves, "while training")
            panel.session.close()
            viewer.close()
    print(f"\nGoal: slider to picture within {GOAL_MS} ms.")


if __name__ == "__main__":
    main()
