"""Long work in napari's activity dock, and its end in a notification."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject
from qtpy.QtGui import QMovie
from qtpy.QtWidgets import QLabel, QWidget

if TYPE_CHECKING:
    from napari_ssrvae.docks.runs import Run
    from napari_ssrvae.docks.training_run import TrainingRun
    from napari_ssrvae.workflow import Trained

__all__ = ["Activity", "Telling"]

STEPS = 200
LONG_S = 10.0
"""Shorter trainings end while the user still looks at the panel."""


class Activity(QObject):
    """Shows one run as a bar in napari's activity dock while it goes on; on the main thread only.

    Parameters
    ----------
    run : Run
    title : str
        What is done, in a few words.
    widget : callable
        Gives a widget of the window that shows it, None if there is no window.
    """

    def __init__(
        self,
        run: Run,
        title: str,
        parent: QObject,
        widget: Callable[[], QWidget | None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._run, self._title, self._widget = run, title, widget
        self._bar: Any = None
        self._words = ""
        run.changed.connect(self._follow)

    @property
    def shown(self) -> bool:
        """Whether the bar is there."""
        return self._bar is not None

    def close(self) -> None:
        """Take the bar away."""
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()

    def _follow(self) -> None:
        run = self._run
        if not run.running or run.abandoned:
            self.close()
            return
        words = f"{self._title}: {run.text}" if run.text else self._title
        if self._bar is None:
            from napari.utils import progress

            # tqdm, which it is made of, would write to the terminal.
            self._bar = progress(total=STEPS, desc=self._title, file=io.StringIO())
            self._words = self._title
            _calm(self._widget())
        step = round(STEPS * run.fraction) - self._bar.n
        if step > 0:
            self._bar.update(step)
        if words != self._words:
            self._words = words
            self._bar.set_description(words)


def _calm(widget: QWidget | None) -> None:
    """Stop the moving sign beside napari's activity button; it is there, and the bar moves.

    Each of its twenty pictures per second has the whole window composed anew, its canvas included: without a
    graphics card that takes as much of the processor as the training itself.
    """
    if widget is None:
        return
    for label in widget.window().findChildren(QLabel):
        movie = label.movie()
        if movie is not None and movie.state() == QMovie.MovieState.Running:
            movie.setPaused(True)


class Telling(QObject):
    """Tells in napari's notifications what must be known although nobody looks at the panel.

    What was begun by no hand is told by no pop-up.
    """

    def __init__(self, run: TrainingRun, parent: QObject) -> None:
        super().__init__(parent)
        self._run = run
        run.told.connect(self._on_told)
        run.ended_well.connect(self._on_end)

    def _on_told(self, sentence: str) -> None:
        if not self._run.automatic:
            _show(sentence)

    def _on_end(self, trained: Trained, automatic: bool) -> None:
        if automatic or float(trained.record.get("seconds") or self._run.seconds) < LONG_S:
            return
        epochs = trained.record["epochs"]
        words = (
            f"{'Stopped' if trained.stopped else 'Done'}: {trained.name} learned in {epochs} epochs"
        )
        judged = trained.record.get("held_out")
        if isinstance(judged, dict) and judged.get("judged"):
            right, of = int(judged["right"]), int(judged["judged"])
            words += f" and is right about {right} of {of} labels kept aside"
        _show(f"{words}.")


def _show(sentence: str) -> None:
    from napari.utils.notifications import show_info

    show_info(sentence)
