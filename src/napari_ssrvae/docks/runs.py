"""The long work of one viewer, seen by every dock: what runs have in common, and the search for particles.

Runs belong to the canvas, not to a dock: a dock that is closed and opened again shows a training that
went on meanwhile, and two docks of the same kind agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.docks.tasks import Task
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import (
    ParticlesFound,
    Progress,
    find_particles,
    project_patches,
    project_window,
)

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.particles import PatchParameters, SegmentationParameters
    from napari_ssrvae.session import MicrographState, Session

__all__ = ["Run", "SegmentationRun"]


class Run(QObject):
    """A task whose state can be asked for at any time.

    Attributes
    ----------
    changed : Signal
        State, progress or message changed.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.fraction = 0.0
        self.text = ""
        self.error = ""
        self._library: ParticleLibrary | None = None
        self._task = Task(self)
        self._task.event.connect(self._on_event)
        self._task.failed.connect(self._on_failed)
        self._task.running_changed.connect(self._on_running)

    @property
    def running(self) -> bool:
        """Whether the work is under way."""
        return self._task.running

    @property
    def abandoned(self) -> bool:
        """Whether what is under way is only to end, its result unwanted."""
        return self.running and not self._task.wanted

    def abandon(self) -> None:
        """End the work between two of its steps; nobody wants its result."""
        if self.running:
            self.text = "Stopped"
        self._task.abandon()
        if self.running:
            self.changed.emit()

    def _still_ours(self) -> bool:
        """Whether the library is still the one this work was started for; says so if it is not."""
        if self._library is self.session.library:
            return True
        self.fail("Another library was opened meanwhile, so the result was left out: start again.")
        return False

    def fail(self, message: str) -> None:
        """Show one sentence in the place of the work."""
        self.error, self.text = message, ""
        self.changed.emit()

    def _begin(self, text: str) -> None:
        self.fraction, self.text, self.error = 0.0, text, ""
        self._library = self.session.library

    def _on_failed(self, message: str) -> None:
        self.fail(message)

    def _on_running(self, _running: bool) -> None:
        self.changed.emit()

    def _on_event(self, event: Any) -> None:
        raise NotImplementedError


class SegmentationRun(Run):
    """Finds the particles of one micrograph."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(session, parent)
        self._state: MicrographState | None = None
        self._data_bar: tuple[int, int] | None = None

    def start(
        self,
        state: MicrographState,
        parameters: SegmentationParameters | None,
        *,
        patches: PatchParameters | None = None,
        labels: np.ndarray | None = None,
        source: str = "",
    ) -> None:
        """Find the particles of this micrograph, or take `labels` as its segmentation; cut them out so."""
        if self.running:
            return
        self._state = state
        self._begin("Finding particles")
        try:
            window = project_window(self.session.library, state.micrograph)
        except InputError as error:
            self.fail(str(error))
            return
        micrograph = state.micrograph
        self._data_bar = micrograph.data_bar
        # Whatever was asked for: all of a project are cut alike.
        look = project_patches(self.session.library, micrograph) or patches
        self._task.start(
            lambda: find_particles(
                micrograph, parameters, labels=labels, source=source, window=window, patches=look
            )
        )

    def _on_event(self, event: Any) -> None:
        if isinstance(event, Progress):
            self.fraction, self.text = event.fraction, event.text
        elif isinstance(event, ParticlesFound) and self._state is not None:
            if not self._still_ours():
                return
            try:
                change = self.session.accept_particles(self._state, event)
            except InputError as error:
                self.fail(str(error))
                return
            self.text = f"{self._state.n_particles:,} particles found" + _left_out(
                self._state, self.session.library
            )
            if change.retired_labelled:
                self.text += (
                    f"; {len(change.retired_labelled)} labelled ones are not there any more "
                    "(their labels are kept in the library)"
                )
            if self._state.micrograph.data_bar != self._data_bar:
                self.text += "; the data bar was changed meanwhile: find them again"
        self.changed.emit()


def _left_out(state: MicrographState, library: ParticleLibrary | None) -> str:
    """Say how many particles are not seen whole: cut by the border, or larger than their patch."""
    words = ""
    if state.table is not None and "touches_border" in state.table:
        cut = int(np.count_nonzero(state.table["touches_border"].to_numpy(bool)))
        if cut:
            words += f"; {cut:,} of them cut by the border or the data bar"
    window = library.window_px if library is not None else None
    if window:
        sides = (state.boxes[:, 2:] - state.boxes[:, :2]).max(axis=1)
        too_large = int(np.count_nonzero(sides[state.particle_ids > 0] > window))
        if too_large:
            words += f"; {too_large:,} larger than the patch of {window:,.0f} px"
    return words
