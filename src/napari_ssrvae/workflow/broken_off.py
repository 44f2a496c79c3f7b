"""Trainings that were broken off: found again, gone on with, discarded."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.checkpoints import (
    STATE,
    SUFFIX,
    Plan,
    forget,
    read_particles,
    read_plan,
)
from napari_ssrvae.workflow.control import Control
from napari_ssrvae.workflow.events import BrokenOff, Failed, Paused, Progress, Resumed
from napari_ssrvae.workflow.trained import Trained
from napari_ssrvae.workflow.training import run_training
from napari_ssrvae.workflow.training_set import TrainingSet

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.ssrvae import FitEvent, SSRVAEParameters

__all__ = ["BrokenOffTraining", "broken_off", "broken_off_like", "discard", "resume_training"]

NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class BrokenOffTraining:
    """A training whose checkpoint is there and whose model is not in the library.

    Attributes
    ----------
    name : str
        Of the model that it would have become.
    checkpoint : Path
    preset, seed, device, automatic
        As it was started.
    class_ids : tuple of int
    n_labels : int
    epoch : int
        In which it was broken off.
    epochs : int
        At most so many in all.
    when : datetime
        Of its last checkpoint.
    problem : str
        Why it cannot go on, in a sentence; empty where nothing speaks against it so far.
    """

    name: str
    checkpoint: Path
    preset: str = ""
    seed: int = 0
    device: str = ""
    automatic: bool = False
    class_ids: tuple[int, ...] = ()
    n_labels: int = 0
    epoch: int = 0
    epochs: int = 0
    when: datetime = NEVER
    problem: str = ""


def broken_off(library: ParticleLibrary, *, but: str | None = None) -> list[BrokenOffTraining]:
    """Return the trainings of a library that were broken off, the latest first.

    Parameters
    ----------
    library : ParticleLibrary
    but : str, optional
        The name of the one that is under way now, which is none of them.
    """
    home = library.folder / "models"
    if but is None and not library.read_only:
        _put_right(home)
    known = set(library.models().index)
    found = []
    for checkpoint in home.glob(f".[!.]*{SUFFIX}"):
        name = checkpoint.name.removeprefix(".").removesuffix(SUFFIX)
        if name == but or not checkpoint.is_dir():
            continue
        if name in known:
            # It became a model, and was killed before it could tidy up.
            if not library.read_only:
                forget(checkpoint)
            continue
        found.append(_described(name, checkpoint))
    return sorted(found, key=lambda broken: broken.when, reverse=True)


def broken_off_like(
    library: ParticleLibrary,
    data: TrainingSet,
    parameters: SSRVAEParameters,
    *,
    random_state: int,
    device: str,
    preset: str,
) -> BrokenOffTraining | None:
    """Return the training of the same labels and settings that was broken off, None if there is none."""
    for broken in broken_off(library):
        if broken.problem:
            continue
        plan, about, _ = read_plan(broken.checkpoint)
        if Plan(plan.name, plan.folder, parameters, preset, random_state, device).is_of(
            about, data
        ):
            return broken
    return None


def resume_training(
    library: ParticleLibrary,
    broken: BrokenOffTraining,
    *,
    stop: threading.Event | None = None,
    pause: threading.Event | None = None,
    abandon: threading.Event | None = None,
) -> Iterator[FitEvent | Progress | Paused | Resumed | BrokenOff | Trained | Failed]:
    """Go on with a training that was broken off, with its own labels and settings, to the same result.

    The events are those of `train_model`. What has changed in the library since does not count, but its
    particles must be there. If it cannot go on, `Failed` says why, and the checkpoint stays until it is
    discarded.
    """
    try:
        if broken.problem:
            raise InputError(broken.problem)
        plan, about, card = read_plan(broken.checkpoint)
        ids, y = read_particles(broken.checkpoint)
        gone = ids[~np.isin(ids, library.particles().index)]
        if len(gone):
            count = "1 particle" if len(gone) == 1 else f"{len(gone):,} particles"
            raise InputError(
                f"The training of {plan.name} cannot go on, since {count} it learned from "
                f"{'is' if len(gone) == 1 else 'are'} not there any more: discard it and train again."
            )
        data = TrainingSet(ids, library.patches(ids.tolist())[1], y, about["class_ids"], card)
    except InputError as error:
        yield Failed(str(error))
        return
    control = Control.of(stop, pause, abandon)
    yield from run_training(data, plan, control, must_go_on=True)


def discard(broken: BrokenOffTraining) -> None:
    """Remove what is kept of a training that was broken off."""
    if not broken.checkpoint.is_dir():
        return
    forget(broken.checkpoint)
    # A model that was saved and never got into the library.
    model = broken.checkpoint.with_name(broken.name)
    if (model / "config.json").is_file():
        shutil.rmtree(model, ignore_errors=True)


def _described(name: str, checkpoint: Path) -> BrokenOffTraining:
    try:
        plan, about, _ = read_plan(checkpoint)
        state = checkpoint / STATE[0]
        numbers = json.loads(state.read_text(encoding="utf-8"))["numbers"]
        when = datetime.fromtimestamp(state.stat().st_mtime, UTC)
        return BrokenOffTraining(
            name,
            checkpoint,
            plan.preset,
            plan.seed,
            plan.device,
            plan.automatic,
            about["class_ids"],
            about["n_labels"],
            min(int(numbers["epoch"]), plan.parameters.epochs),
            plan.parameters.epochs,
            when,
        )
    except InputError as error:
        return BrokenOffTraining(name, checkpoint, problem=str(error))
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError, RecursionError):
        return BrokenOffTraining(
            name,
            checkpoint,
            problem=f"The training of {name} cannot go on, since its checkpoint is damaged: "
            "discard it and train again.",
        )


def _put_right(home: Path) -> None:
    """Tidy up after a kill in the middle of writing a checkpoint."""
    with suppress(OSError):
        for old in home.glob(f"..*{SUFFIX}.*.old"):
            checkpoint = home / old.name[1 : old.name.index(SUFFIX) + len(SUFFIX)]
            if not checkpoint.exists():
                old.rename(checkpoint)
        for draft in home.glob(f"..*{SUFFIX}.*"):
            shutil.rmtree(draft, ignore_errors=True)
