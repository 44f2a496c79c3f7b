"""How long until the gallery of a large library shows its first page, how smoothly it scrolls, what memory it takes.

Makes a library of made-up particles with labels and predictions, opens it in a real window with the workbench, opens
the gallery, and scrolls it by the wheel, by pages and to random places, docked below the micrograph and in a window of
its own. A frame is what lies between the order to scroll and the picture on the screen; what is not read from disk
by then is drawn as an empty square and follows, which is told apart. On a machine without a screen (`xvfb-run`) the
processor draws the window.

    python -m benchmarks.gallery [--particles 100000] [--frames 200] [--library FOLDER]
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.preview import tell, until
from napari_ssrvae.library import AssignClass, ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles.patchset import Patches

PATCH_PX, PITCH_PX, EDGE_PX = 48, 20, 12
PER_MICROGRAPH = 10_000
LATENTS = 6


def make_library(folder: Path, n: int, seed: int = 0) -> None:
    """Write a library of `n` made-up particles, some labelled, all classified."""
    rng = np.random.default_rng(seed)
    with ParticleLibrary.create(folder) as library:
        for first in range(0, n, PER_MICROGRAPH):
            add_micrograph(library, min(PER_MICROGRAPH, n - first), rng)
        ids = library.particles().index.to_numpy()
        ordinary = [c.class_id for c in library.classes()][:4]
        library.add_model(
            "made up",
            parameters={},
            seed=0,
            class_ids=ordinary,
            n_labels=0,
            versions={},
            metrics={},
        )
        library.set_predictions(
            "made up",
            ids,
            probabilities=rng.dirichlet(np.full(len(ordinary), 0.4), len(ids)),
            class_ids=ordinary,
            novelty=rng.random(len(ids)),
            angle_rad=rng.uniform(-np.pi, np.pi, len(ids)),
            offset_px=rng.normal(0, 1, (len(ids), 2)),
            latents=rng.normal(size=(len(ids), LATENTS)),
        )
        for class_id in ordinary:
            library.do(
                AssignClass(tuple(rng.choice(ids, n // 50, replace=False).tolist()), class_id)
            )


def add_micrograph(library: ParticleLibrary, n: int, rng: np.random.Generator) -> None:
    """Add a micrograph with `n` square particles on a grid, their patches drawn apart from it."""
    side = int(np.ceil(np.sqrt(n)))
    square = np.zeros((PITCH_PX, PITCH_PX), np.int32)
    square[4 : 4 + EDGE_PX, 4 : 4 + EDGE_PX] = 1
    numbers = np.arange(1, side * side + 1, dtype=np.int32).reshape(side, side)
    mask = np.kron(np.where(numbers <= n, numbers, 0), square)
    image = rng.integers(0, 256, mask.shape, dtype=np.uint8)
    micrograph = Micrograph.from_array(
        image, name=f"made up {int(image[0, :8].sum())}.tif", pixel_size_nm=2.0
    )
    rows, columns = np.divmod(np.arange(n), side)
    diameter = rng.gamma(4, 4, n) + 5
    table = pd.DataFrame(
        {
            "centroid_y_px": rows * PITCH_PX + 9.5,
            "centroid_x_px": columns * PITCH_PX + 9.5,
            "area_px": EDGE_PX**2,
            "area_nm2": 4.0 * EDGE_PX**2,
            "equivalent_diameter_px": diameter,
            "equivalent_diameter_nm": 2 * diameter,
        },
        index=pd.RangeIndex(1, n + 1, name="label_id"),
    )
    patches = Patches(blobs(n, rng), np.arange(1, n + 1), PATCH_PX, np.zeros(n, bool))
    library.set_particles(library.add_micrograph(micrograph), mask, table, patches, parameters={})


def blobs(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` noisy bright ellipses, (n, S, S) float32 in [0, 1]."""
    y, x = np.mgrid[:PATCH_PX, :PATCH_PX] - (PATCH_PX - 1) / 2
    a, b = rng.uniform(6, 20, (2, n, 1, 1))
    angle = rng.uniform(0, np.pi, (n, 1, 1))
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    inside = (along / a) ** 2 + (across / b) ** 2 < 1
    noise = rng.normal(0, 0.05, inside.shape).astype(np.float32)
    return np.clip(0.2 + 0.6 * inside + noise, 0, 1).astype(np.float32)


class Clock:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both in seconds."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def scroll_times(grid: Any, moves: Iterator[int]) -> tuple[list[Any], list[Any]]:
    """Scroll to each value; return the times until the picture moved and until all of it is there."""
    from qtpy.QtWidgets import QApplication

    bar, frames, whole = grid.verticalScrollBar(), [], []
    for value in moves:
        clock = Clock()
        bar.setValue(value)
        grid.viewport().repaint()
        QApplication.sendPostedEvents()
        frames.append(clock.read())
        until_loaded(grid)
        whole.append(clock.read())
    return frames, whole


def until_loaded(grid: Any) -> None:
    """Let the window live until every thumbnail in view is there and painted."""
    from qtpy.QtWidgets import QApplication

    loaded = False
    while not loaded:
        QApplication.processEvents()
        loaded = grid.complete
    QApplication.processEvents()


def rest(milliseconds: int) -> None:
    """Let the window finish what it is at."""
    from qtpy.QtCore import QTimer

    over: list[bool] = []
    QTimer.singleShot(milliseconds, lambda: over.append(True))
    until(lambda: bool(over))


def memory_mb() -> tuple[float, float]:
    """Return what this process holds for itself and what of files lies in memory, in MB; NaN off Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan"), float("nan")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return tuple(int(lines[key].split()[0]) / 1024 for key in ("RssAnon", "RssFile"))  # type: ignore[return-value]


def measure(gallery: Any, frames: int, rng: np.random.Generator) -> None:
    """Scroll in every way and print the times."""
    grid = gallery.panel.grid
    bar = grid.verticalScrollBar()
    ways: dict[str, Callable[[], Iterator[int]]] = {
        "wheel": lambda: iter(np.arange(frames) * 3 * bar.singleStep()),
        "pages": lambda: iter(10_000 + np.arange(frames) * bar.pageStep()),
        "anywhere": lambda: iter(rng.integers(0, bar.maximum(), frames)),
    }
    for name, moves in ways.items():
        bar.setValue(0)
        until_loaded(grid)
        moved, whole = scroll_times(grid, (int(v) for v in moves()))
        tell(f"scroll by {name}: frame", moved)
        tell(f"scroll by {name}: all patches there", whole)


def main() -> None:
    """Make or take a library, open it, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--particles", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument(
        "--library", type=Path, help="kept there, and taken from there the next time"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.library or Path(scratch) / "library"
        if not folder.exists():
            clock = Clock()
            make_library(folder, arguments.particles)
            print(f"library made in {clock.read()[0]:.1f} s")
        run(folder, arguments.frames)


def run(folder: Path, frames: int) -> None:
    """Open a window on a library and measure."""
    import napari
    from qtpy.QtWidgets import QDockWidget

    from napari_ssrvae.docks.canvas import canvas_of
    from napari_ssrvae.docks.gallery import open_gallery
    from napari_ssrvae.docks.window import open_workbench

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    open_workbench(viewer)
    session = canvas_of(viewer).session
    clock = Clock()
    session.open_library(folder)
    print(f"library opened in {clock.read()[0]:.2f} s")
    rest(500)
    gc.collect()

    clock = Clock()
    gallery = open_gallery(viewer)
    grid = gallery.panel.grid
    until_loaded(grid)
    first = clock.read()
    shown = f"{len(grid.model().ids):,} particles, {len(grid.in_view())} in view"
    print(f"{shown}: from opening the dock to its first page")
    tell("first page", [first])
    before = memory_mb()
    rng = np.random.default_rng(0)
    print("docked below the micrograph, window of 1280 x 800")
    measure(gallery, frames, rng)
    parent = gallery.parent()
    while not isinstance(parent, QDockWidget):
        parent = parent.parent()
    parent.setFloating(True)
    parent.resize(1800, 1000)
    until_loaded(grid)
    print(f"in a window of 1800 x 1000, {len(grid.in_view())} in view")
    measure(gallery, frames, rng)
    after, kept = memory_mb(), grid.thumbnails
    print(
        f"thumbnails kept: {len(kept):,} of at most {kept.most:,}, {len(kept) * kept.bytes_each / 2**20:.0f} MiB; "
        f"own memory {before[0]:.0f} -> {after[0]:.0f} MB, files {before[1]:.0f} -> {after[1]:.0f} MB"
    )
    viewer.close()
    session.close()


if __name__ == "__main__":
    main()
