"""From labelled particles to a trained model and its predictions."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.checkpoints import Plan, forget
from napari_ssrvae.workflow.control import Control
from napari_ssrvae.workflow.events import BrokenOff, Failed, Paused, Progress, Resumed
from napari_ssrvae.workflow.labels_kept import Learned, read_learned, write_learned
from napari_ssrvae.workflow.model_card import write_model_card
from napari_ssrvae.workflow.predicting import predict
from napari_ssrvae.workflow.record import Log, record_of
from napari_ssrvae.workflow.trained import Predictions, Trained
from napari_ssrvae.workflow.training_set import TrainingSet
from napari_ssrvae.workflow.traversals import traversal, write_traversals

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE, FitEvent, SSRVAEParameters

__all__ = ["run_training", "train_model"]

FEWEST_STEPS = 12
"""Batches below which a model knows nothing worth keeping: as many as the smallest epoch has."""

PREDICTING = 0.95
"""Share of the time after the last epoch that goes to the predictions; then come the traversals."""


def train_model(
    data: TrainingSet,
    parameters: SSRVAEParameters,
    *,
    name: str,
    folder: Path,
    random_state: int = 0,
    device: str = "auto",
    preset: str = "default",
    stop: threading.Event | None = None,
    pause: threading.Event | None = None,
    abandon: threading.Event | None = None,
    warm_from: Path | None = None,
    automatic: bool = False,
) -> Iterator[FitEvent | Progress | Paused | Resumed | BrokenOff | Trained | Failed]:
    """Train an ss-rVAE and let it predict every particle.

    The state is kept beside `folder` every few seconds and until `register_training` has put the model
    into the library. What a crash, a power cut or `abandon` has broken off is found by `broken_off`; started
    again with the same labels, parameters and name it goes on, too.

    Parameters
    ----------
    data : TrainingSet
    parameters : SSRVAEParameters
    name, folder : str, Path
        Name of the model and the folder it is saved to.
    random_state : int
        Seed; the same data, seed and device give the same model.
    preset : str
        "default", "paper" or "ss-vae"; the others know no classes.
    stop : threading.Event, optional
        Once set, training ends after the current batch and the best model so far is used. While the
        particles are predicted it changes nothing: the model is done.
    pause : threading.Event, optional
        As long as it is set the training waits, between `Paused` and `Resumed`.
    abandon : threading.Event, optional
        Once set, the state is written and `BrokenOff` is the last event.
    warm_from : Path, optional
        Folder of a model of the same classes to go on from, in seconds. If it does not fit, a
        `FitNotice` says so and the training begins anew. It is short and keeps no checkpoint.
    automatic : bool
        Noted with the model: nobody pressed a button.
    """
    plan = Plan(name, folder, parameters, preset, random_state, device, automatic)
    return run_training(data, plan, Control.of(stop, pause, abandon), warm_from=warm_from)


def run_training(
    data: TrainingSet,
    plan: Plan,
    control: Control,
    *,
    warm_from: Path | None = None,
    must_go_on: bool = False,
) -> Iterator[FitEvent | Progress | Paused | Resumed | BrokenOff | Trained | Failed]:
    """Do what `train_model` does; `must_go_on`: from a checkpoint or not at all."""
    from napari_ssrvae.ssrvae import FitFailed, FitNotice
    from napari_ssrvae.ssrvae.parameters import UNLABELLED
    from napari_ssrvae.ssrvae.progress import Checkpoint

    if plan.preset in UNLABELLED:
        yield Failed(
            f'The preset "{plan.preset}" knows no classes: train a library with "default", "paper" or "ss-vae".'
        )
        return
    model, before, notice = _start(data, plan, warm_from)
    if notice:
        yield FitNotice(notice)
    plan.folder.parent.mkdir(parents=True, exist_ok=True)
    place = Checkpoint(plan.checkpoint, plan.beside(data), stays=True, must_go_on=must_go_on)
    log = Log()
    fit = model.iter_fit(data.images, data.y, checkpoint=place, pictures=True)
    for event in fit:
        if isinstance(event, FitFailed):
            if not (event.again or must_go_on):
                forget(plan.checkpoint)
            yield Failed(event.message)
            return
        log.note(event)
        yield event
        yield from control.waiting()
        # What goes on must be the model it was, and all its epochs must have been told.
        if control.abandoned or (control.stopped and (log.steps or not must_go_on)):
            break
    # Writes the state, as far as there is one.
    fit.close()
    if control.abandoned:
        yield BrokenOff(log.epoch, plan.name, plan.checkpoint.is_dir())
        return
    if not (log.ended or log.epochs) and log.epoch <= 1 and log.steps < FEWEST_STEPS:
        forget(plan.checkpoint)
        yield Failed("Training was stopped before it had learned anything: nothing has changed.")
        return
    said = yield from _use(model, data, control)
    if said is None:
        yield BrokenOff(log.epoch, plan.name, plan.checkpoint.is_dir())
        return
    predictions, traversals = said
    learned = Learned.of(data, model, before if log.warm else None)
    model.save(plan.folder)
    write_traversals(plan.folder, traversals)
    write_model_card(plan.folder, data.card)
    write_learned(plan.folder, learned)
    warm = warm_from.name if log.warm and warm_from is not None else None
    record = record_of(plan, model, learned, log, warm_from=warm)
    yield Trained(plan.name, plan.folder, predictions, traversals, record, record["stopped"])


def _start(
    data: TrainingSet, plan: Plan, warm_from: Path | None
) -> tuple[SSRVAE, Learned | None, str]:
    """Return the model to train, what the one before has learned from, and what to tell."""
    from napari_ssrvae.ssrvae import SSRVAE

    def fresh() -> SSRVAE:
        return SSRVAE(len(data.class_ids), plan.preset, plan.seed, plan.device, plan.parameters)

    if warm_from is None:
        return fresh(), None, ""
    why = ""
    try:
        model, before = SSRVAE.load(warm_from, plan.device), read_learned(warm_from)
    except InputError as error:
        why = str(error)
    else:
        if before.model_class_ids != data.class_ids:
            why = f"The classes with labels are not those of {warm_from.name}."
        elif model.preset != plan.preset:
            why = f"{warm_from.name} was trained with another preset."
    if why:
        return fresh(), None, f"{why} So training begins anew and takes longer."
    model.random_state, model.parameters, model.warm_start = plan.seed, plan.parameters, True
    return model, before, ""


def _use(
    model: SSRVAE, data: TrainingSet, control: Control
) -> Generator[Any, None, tuple[Predictions, dict[int, Any]] | None]:
    """Predict every particle and draw the traversals; return None if it was abandoned meanwhile."""
    found: Predictions | None = None
    for said in predict(model, data.particle_ids, data.images, data.class_ids):
        if isinstance(said, Predictions):
            found = said
        else:
            yield Progress(PREDICTING * said, "Predicting every particle")
            yield from control.waiting()
        if control.abandoned:
            return None
    assert found is not None
    traversals = {}
    for k, class_id in enumerate(data.class_ids):
        share = PREDICTING + (1 - PREDICTING) * k / len(data.class_ids)
        yield Progress(share, "Drawing the latent traversals")
        if control.abandoned:
            return None
        traversals[class_id] = traversal(model, k)
    return found, traversals
