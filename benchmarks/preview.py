"""How long from a moved slider to outlines on the screen, and from the end of a stroke to the edited mask.

Opens a real window, shows a generated micrograph so that about a million pixels are in view, moves the slider of
the sensitivity and waits until the preview is drawn; then finds the particles and splits, deletes, paints and
undoes by hand. On a machine without a screen (`xvfb-run`) the processor draws the window, which alone takes 60 to
90 ms at this size: that is why the layer and the screen are told apart.

    python -m benchmarks.preview [--edge 4096] [--particles 10000] [--moves 40]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MOST_WAIT_S = 300.0


def scene(edge: int, n: int, seed: int = 0) -> np.ndarray:
    """Return a noisy picture of bright disks on a grid with jitter, on an uneven background."""
    rng = np.random.default_rng(seed)
    pitch = edge / np.ceil(np.sqrt(n))
    side = int(np.ceil(np.sqrt(n)))
    rows = np.linspace(0, 1, edge)
    image = np.add.outer(20 * rows, 10 * rows) + 60
    ticks = (np.arange(side) + 0.5) * pitch
    for index, (r, c) in enumerate((r, c) for r in ticks for c in ticks):
        if index >= n:
            break
        r, c = r + rng.uniform(-0.1, 0.1) * pitch, c + rng.uniform(-0.1, 0.1) * pitch
        radius = rng.uniform(0.2, 0.35) * pitch
        top, left = max(0, int(r - radius)), max(0, int(c - radius))
        bottom, right = min(edge, int(r + radius) + 2), min(edge, int(c + radius) + 2)
        y, x = np.mgrid[top:bottom, left:right]
        image[top:bottom, left:right][(y - r) ** 2 + (x - c) ** 2 <= radius**2] += 80
    image += rng.normal(0, 8, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def until(condition: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    from qtpy.QtCore import QEventLoop, QTimer
    from qtpy.QtWidgets import QApplication

    # Asleep between events: a loop that spins would take the interpreter from the thread it waits for.
    tick = QTimer()
    tick.start(20)
    begun = time.perf_counter()
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() - begun > MOST_WAIT_S:
            raise SystemExit("It took longer than is worth waiting for.")


class Watch:
    """Time on the wall and time of this process's processors, which other programs do not lengthen."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both since the start, in seconds."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def tell(name: str, seconds: list[tuple[float, float]]) -> None:
    """Print median and 95th percentile in milliseconds, on the wall and of the processors."""
    wall, cpu = 1000 * np.asarray(seconds).T
    print(
        f"{name:40s} median {np.median(wall):6.1f} ms  p95 {np.percentile(wall, 95):6.1f} ms   "
        f"(processor {np.median(cpu):6.1f}, {np.percentile(cpu, 95):6.1f} ms)  n = {len(wall)}"
    )


def painted(viewer: Any) -> Callable[[], bool]:
    """Return a function that tells whether the canvas was drawn since now."""
    drawn: list[bool] = []
    canvas = viewer.window._qt_viewer.canvas._scene_canvas

    def on_draw(_event: Any) -> None:
        drawn.append(True)
        canvas.events.draw.disconnect(on_draw)

    canvas.events.draw.connect(on_draw, position="last")
    return lambda: bool(drawn)


Times = list[tuple[float, float]]


def preview_times(viewer: Any, canvas: Any, form: Any, moves: int) -> dict[str, Times]:
    """Move the slider from place to place; return the times until the first and the finest outlines are there."""
    spin = form.findChild(object, "sensitivity")
    times: dict[str, Times] = {
        f"slider to {which} outlines {where}": []
        for which in ("first", "finest")
        for where in ("in the layer", "on the screen")
    }
    for position in np.linspace(-0.4, 0.4, moves):
        results: list[Any] = []
        canvas.preview.drawn.connect(results.append)
        watch = Watch()
        spin.setValue(position)
        until(lambda found=results: bool(found))
        times["slider to first outlines in the layer"].append(watch.read())
        until(painted(viewer))
        times["slider to first outlines on the screen"].append(watch.read())
        if results[-1].finer:
            until(lambda found=results: not found[-1].finer)
            times["slider to finest outlines in the layer"].append(watch.read())
            until(painted(viewer))
            times["slider to finest outlines on the screen"].append(watch.read())
        canvas.preview.drawn.disconnect(results.append)
        until(lambda: not canvas.preview.running)
    return times


def edit_times(viewer: Any, canvas: Any, number: int) -> dict[str, tuple[Times, Times]]:
    """Edit and undo by hand; return the times of all of it, and of repainting the layers, for each kind."""
    from napari_ssrvae.docks.tools import Tool

    session, state = canvas.session, canvas.session.current
    drawing = canvas._drawings[state]
    paint = drawing.paint_region
    alone: Times = []

    def timed(region: Any) -> None:
        watch = Watch()
        paint(region)
        alone.append(watch.read())

    drawing.paint_region = timed
    times: dict[str, tuple[Times, Times]] = {}

    def act(name: str, do: Callable[[], Any]) -> None:
        watch = Watch()
        do()
        until(painted(viewer))
        whole, part = times.setdefault(name, ([], []))
        whole.append(watch.read())
        part.append(alone[-1])

    rng = np.random.default_rng(0)
    top, left = (np.array(state.labels.shape) // 2 - 300).tolist()
    seen = np.unique(state.labels[top : top + 600, left : left + 600])
    for label_id in rng.choice(seen[seen > 0], number, replace=False):
        top, left, bottom, right = (int(v) for v in state.boxes[label_id])
        column = (left + right) / 2
        stroke = np.array([[top - 2, column], [bottom + 2, column]])
        act("split", lambda s=stroke: canvas.tools.work_off(Tool.SPLIT, state, s))
        act("undo of a split", session.undo)
        middle = np.array([[(top + bottom) / 2, column]])
        act("delete", lambda m=middle: canvas.tools.work_off(Tool.DELETE, state, m))
        act("paint", lambda m=middle: canvas.tools.work_off(Tool.PAINT, state, m))
    drawing.paint_region = paint
    return times


def main() -> None:
    """Open the window and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edge", type=int, default=4096)
    parser.add_argument("--particles", type=int, default=10_000)
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--edits", type=int, default=10)
    parser.add_argument("--no-edits", action="store_true")
    arguments = parser.parse_args()

    import napari

    from napari_ssrvae.docks.canvas import canvas_of
    from napari_ssrvae.docks.window import open_workbench

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1900, 1050)
    workbench = open_workbench(viewer)
    canvas = canvas_of(viewer)
    with tempfile.TemporaryDirectory() as folder:
        canvas.session._home = Path(folder)
        image = scene(arguments.edge, arguments.particles)
        begun = time.perf_counter()
        viewer.add_image(image, name="generated")
        until(lambda: canvas.preview.result is not None)
        print(f"opened, looked at and drawn first: {time.perf_counter() - begun:.2f} s")
        # As much in view as is computed at full resolution.
        viewer.scene.camera.zoom = np.sqrt(np.prod(viewer.canvas.size) / 0.97e6)
        until(lambda: not canvas.preview.running)
        region, step = canvas.preview._in_view(canvas.session.current)
        rows, columns = (r.stop - r.start for r in region)
        print(f"in view: {rows} x {columns} pixels, step {step}")
        for name, seconds in preview_times(
            viewer, canvas, workbench.segment.form, arguments.moves
        ).items():
            if seconds:
                tell(name, seconds)
        if not arguments.no_edits:
            workbench.segment.form.findChild(object, "sensitivity").setValue(0)
            state = canvas.session.current
            workbench.segment.find.click()
            until(lambda: state.labels is not None and not canvas.segmentation.running)
            print(f"{state.n_particles:,} particles found")
            for name, (whole, part) in edit_times(viewer, canvas, arguments.edits).items():
                tell(f"{name}: stroke end to drawn", whole)
                tell(f"{name}: of that the layers", part)
        viewer.close()
        until(lambda: not canvas.preview.running)
        canvas.session.close()


if __name__ == "__main__":
    main()
