"""The training of one viewer, seen by every dock: started, paused, ended, broken off and gone on with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ssrvae.docks.garbage import ShortCollections
from napari_ssrvae.docks.runs import Run
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import (
    BrokenOff,
    BrokenOffTraining,
    Paused,
    Progress,
    Resumed,
    Trained,
    TrainingSet,
    broken_off,
    discard,
    free_model_name,
    resume_training,
    storing,
    train_model,
)

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.session import Session
    from napari_ssrvae.ssrvae import EpochEvent, FitPictures, SSRVAEParameters, StepEvent

__all__ = ["RunningLoss", "TrainingRun"]

TELL_EVERY_MS = 500
"""Steps are told at most so often: what moves in a panel has the whole window composed anew, its canvas included,
which without a graphics card takes the training a tenth of a second of one core."""

MOST_STEPS = 2000
"""Points of the running loss that are kept; beyond, every other one goes."""


@dataclass(frozen=True)
class RunningLoss:
    """The mean loss of an epoch so far, in nats per particle, at a time in epochs."""

    at: float
    loss: float


@dataclass(frozen=True)
class _Learner:
    """What a training learns from: ids (N,) and the classes, in the order of its rows and templates."""

    particle_ids: NDArray[np.int64]
    class_ids: tuple[int, ...]


class _Flags:
    """How a training is told to wait and to end; new ones for each, so none hears what was meant for another."""

    def __init__(self) -> None:
        self.stop, self.pause, self.abandon = (threading.Event() for _ in range(3))


class TrainingRun(Run):
    """Trains the model of the session.

    Attributes
    ----------
    started, ended : Signal
        A new training began, `history` is empty; its thread has ended.
    epoch_done : Signal
        An `EpochEvent`, after it was added to `history`.
    step_done : Signal
        The running loss moved on, at most ten times per second.
    pictures_changed : Signal
        `pictures` are newer.
    paused_changed : Signal
        Whether it waits.
    broken_off_changed : Signal
        `broken_off` are others.
    ended_well : Signal
        A model was taken over: the `Trained` event and whether it was trained by itself.
    told : Signal
        A sentence on something that the user has not asked for just now, to be shown wherever he looks.
    history : list of EpochEvent
    steps : list of RunningLoss
    pictures : FitPictures or None
        What the model drew last.
    class_ids : tuple of int
        The classes that are learned, in the order of the templates.
    seconds_left : float or None
    held, paused : bool
        It was asked to wait; it does wait.
    stopping : bool
        It was asked to end.
    automatic : bool
        It was begun by no hand.
    broken_off : list of BrokenOffTraining
        Trainings of this library that can go on.
    """

    started = Signal()
    ended = Signal()
    epoch_done = Signal(object)
    step_done = Signal()
    pictures_changed = Signal()
    paused_changed = Signal(bool)
    broken_off_changed = Signal()
    ended_well = Signal(object, bool)
    told = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(session, parent)
        self.history: list[EpochEvent] = []
        self.steps: list[RunningLoss] = []
        self.pictures: FitPictures | None = None
        self.class_ids: tuple[int, ...] = ()
        self.particle_ids: NDArray[np.int64] | None = None
        self.seconds_left: float | None = None
        self.seconds = 0.0
        self.stopping = self.held = self.paused = self.automatic = False
        self.device = ""
        self.name = ""
        self.broken_off: list[BrokenOffTraining] = []
        self._collections = ShortCollections(self)
        self._flags = _Flags()
        self._why = ""
        self._untold = False
        self._every = 1
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(TELL_EVERY_MS)
        self._rest.timeout.connect(self._tell_step)
        session.library_changed.connect(self._on_library)
        self.look_for_broken_off()

    # --- begin and end -------------------------------------------------------------------------

    def start(
        self,
        parameters: SSRVAEParameters,
        *,
        preset: str = "default",
        seed: int = 0,
        device: str = "auto",
        warm: bool = False,
        automatic: bool = False,
    ) -> None:
        """Train on the library's particles and labels; `warm`: from the current model on."""
        if self.running:
            return
        try:
            library = self._writable()
            name = free_model_name(library)
            folder = library.model_folder(name)
            current = library.current_model
            warm_from = library.model_folder(current) if warm and current is not None else None
        except InputError as error:
            self.fail(str(error))
            return
        flags = self._ready(name, automatic)
        self._task.start(
            lambda: _train(
                library,
                parameters,
                name=name,
                folder=folder,
                preset=preset,
                seed=seed,
                device=device,
                warm_from=warm_from,
                automatic=automatic,
                flags=flags,
            ),
            ends_itself=True,
        )

    def resume(self, broken: BrokenOffTraining) -> None:
        """Go on with a training that was broken off, with its own labels and parameters."""
        if self.running:
            return
        try:
            library = self._writable()
        except InputError as error:
            self.fail(str(error))
            return
        flags = self._ready(broken.name, False)
        self.class_ids = broken.class_ids
        self.text = f"Going on with {broken.name}"
        self._set_broken_off([other for other in self.broken_off if other.name != broken.name])
        self._task.start(
            lambda: storing(
                library,
                resume_training(
                    library, broken, stop=flags.stop, pause=flags.pause, abandon=flags.abandon
                ),
            ),
            ends_itself=True,
        )

    def discard(self, broken: BrokenOffTraining) -> None:
        """Remove what is kept of a training that was broken off."""
        discard(broken)
        self.look_for_broken_off()

    def _writable(self) -> ParticleLibrary:
        library = self.session.need_library()
        if library.read_only:
            raise InputError(f"This library is open read-only: {library.read_only_reason}")
        return library

    def _ready(self, name: str, automatic: bool) -> _Flags:
        self.history, self.steps, self.pictures = [], [], None
        self.class_ids, self.particle_ids = (), None
        self.seconds_left, self.seconds, self.device = None, 0.0, ""
        self.stopping = self.held = self.paused = False
        self.name, self.automatic = name, automatic
        self._why, self._every = "", 1
        self._flags = _Flags()
        self._begin("Starting")
        return self._flags

    def pause(self) -> None:
        """Wait after the current batch."""
        if self.running and not self.stopping and not self.held:
            self.held = True
            self._flags.pause.set()
            # Who presses twice in a moment finds it still waiting.
            self.text = "Paused" if self.paused else "Pausing"
            self.changed.emit()

    def go_on(self) -> None:
        """Go on after a pause."""
        if self.held:
            self.held = False
            self._flags.pause.clear()
            self.text = "Going on"
            self.changed.emit()

    def stop(self) -> None:
        """End after the current batch and keep the best model so far."""
        if self.running and not self.stopping:
            self.stopping = True
            self.text = "Stopping"
            self._flags.stop.set()
            self._wait_no_more()
            self.changed.emit()

    def break_off(self, why: str) -> None:
        """End at once and keep the checkpoint; `why` begins the sentence that tells of it."""
        if self.running and not self._flags.abandon.is_set():
            self.stopping, self._why = True, why
            self.text = "Breaking off"
            self._flags.abandon.set()
            self._wait_no_more()
            self.changed.emit()

    def abandon(self) -> None:
        """End at once and keep the checkpoint; nobody is there any more to be told."""
        self._flags.abandon.set()
        self._wait_no_more()
        self._rest.stop()
        self._collections.off()
        super().abandon()

    def _wait_no_more(self) -> None:
        self.held = False
        self._flags.pause.clear()
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        if paused != self.paused:
            self.paused = paused
            self.paused_changed.emit(paused)

    def _on_running(self, running: bool) -> None:
        if running:
            self._collections.on()
            self.started.emit()
        else:
            self._rest.stop()
            self._wait_no_more()
            self.seconds_left = None
            self.look_for_broken_off()
        super()._on_running(running)
        if not running:
            self.ended.emit()
            self._collections.soon_off()

    # --- trainings that were broken off --------------------------------------------------------

    def look_for_broken_off(self) -> None:
        """Look which trainings of this library can go on."""
        library = self.session.library
        found: list[BrokenOffTraining] = []
        if library is not None and not library.read_only:
            # A disk that cannot be read is told of where somebody needs it.
            with suppress(InputError):
                found = broken_off(library, but=self.name if self.running else None)
        self._set_broken_off(found)

    def _set_broken_off(self, found: list[BrokenOffTraining]) -> None:
        if found != self.broken_off:
            self.broken_off = found
            self.broken_off_changed.emit()

    def _on_library(self) -> None:
        if self.running and self._library is not self.session.library:
            self.break_off("Another library was opened")
        elif not self.running:
            self.history, self.steps, self.pictures = [], [], None
            self.text = self.error = ""
            self.pictures_changed.emit()
        self.look_for_broken_off()
        self.changed.emit()

    # --- what the worker tells -----------------------------------------------------------------

    def _on_event(self, event: Any) -> None:
        # By name and not by type: the events' module is only there once torch is.
        act = getattr(self, f"_on_{type(event).__name__}", None)
        if act is not None:
            act(event)
        if type(event).__name__ != "StepEvent":
            self.changed.emit()

    def _on__Learner(self, event: _Learner) -> None:  # noqa: N802 - named after the event
        self.particle_ids, self.class_ids = event.particle_ids, event.class_ids

    def _on_Progress(self, event: Progress) -> None:  # noqa: N802
        if not self.stopping or not self._flags.abandon.is_set():
            self.text = event.text

    def _on_FitStarted(self, event: Any) -> None:  # noqa: N802
        self.device = event.device
        # All that torch has brought with it.
        self._collections.on()

    def _on_FitNotice(self, event: Any) -> None:  # noqa: N802
        self.text = event.message

    def _on_Paused(self, _event: Paused) -> None:  # noqa: N802
        if self.held:
            self._set_paused(True)
            self.text = "Paused"

    def _on_Resumed(self, _event: Resumed) -> None:  # noqa: N802
        self._set_paused(False)

    def _on_StepEvent(self, event: StepEvent) -> None:  # noqa: N802
        self.fraction, self.seconds_left = event.fraction, event.seconds_left
        if not self.stopping and not self.held:
            self.text = f"Epoch {event.epoch}"
        if np.isfinite(event.loss) and event.step % self._every == 0:
            self.steps.append(RunningLoss(event.epoch - 1 + event.step / event.steps, event.loss))
            if len(self.steps) > MOST_STEPS:
                self.steps, self._every = self.steps[::2], 2 * self._every
        self._untold = True
        if not self._rest.isActive():
            self._tell_step()

    def _tell_step(self) -> None:
        if self._untold:
            self._untold = False
            self._rest.start()
            self.step_done.emit()
            self.changed.emit()

    def _on_EpochEvent(self, event: EpochEvent) -> None:  # noqa: N802
        self.history.append(event)
        self.seconds, self.seconds_left = event.seconds, event.seconds_left
        self.epoch_done.emit(event)

    def _on_FitPictures(self, event: FitPictures) -> None:  # noqa: N802
        self.pictures = event
        self.pictures_changed.emit()

    def _on_BrokenOff(self, event: BrokenOff) -> None:  # noqa: N802
        library = self._library
        if event.kept and library is not None and library is not self.session.library:
            kept = f"it can go on when the library {library.folder.name} is open again"
        elif event.kept:
            kept = "it can go on from there"
        else:
            # One from a model on takes seconds and has no checkpoint.
            kept = "nothing of it is kept" if event.epoch else "it had not begun to learn"
        why = self._why or "Ended"
        self.text = (
            f"{why}: the training of {event.name} was broken off in epoch {event.epoch}, {kept}."
        )
        self.told.emit(self.text)

    def _on_Trained(self, event: Trained) -> None:  # noqa: N802
        library = self._library
        if event.stored and library is not None and library is not self.session.library:
            self.text = (
                f"Another library was opened: {event.name} was trained by then, and can be chosen "
                f"when the library {library.folder.name} is open again."
            )
            self.told.emit(self.text)
            return
        if not self._still_ours():
            return
        try:
            self.session.accept_training(event)
        except InputError as error:
            self.fail(str(error))
            return
        ended = "Stopped" if event.stopped else "Done"
        epochs = event.record["epochs"]
        self.text = f"{ended} after {epochs} epoch{'s' if epochs != 1 else ''}."
        self.fraction, self.seconds_left = 1.0, None
        self.ended_well.emit(event, self.automatic)

    def _on_failed(self, message: str) -> None:
        library = self._library
        if self._why and library is not None and library is not self.session.library:
            # It was to end anyway; that it then found its library closed is no failure.
            self.text = (
                f"{self._why}: the training of {self.name} was broken off, and what is kept of it is "
                f"offered when the library {library.folder.name} is open again."
            )
            self.told.emit(self.text)
            self.changed.emit()
            return
        super()._on_failed(message)
        self.told.emit(message)


def _train(
    library: ParticleLibrary,
    parameters: SSRVAEParameters,
    *,
    name: str,
    folder: Path,
    preset: str,
    seed: int,
    device: str,
    warm_from: Path | None,
    automatic: bool,
    flags: _Flags,
) -> Iterator[Any]:
    """Collect what there is to learn from, then learn it; in the worker, since thousands of patches take a while."""
    yield Progress(0.0, "Collecting the particles")
    data = TrainingSet.from_library(library)
    yield _Learner(data.particle_ids, data.class_ids)
    told = train_model(
        data,
        parameters,
        name=name,
        folder=folder,
        random_state=seed,
        device=device,
        preset=preset,
        stop=flags.stop,
        pause=flags.pause,
        abandon=flags.abandon,
        warm_from=warm_from,
        automatic=automatic,
    )
    yield from storing(library, told)
