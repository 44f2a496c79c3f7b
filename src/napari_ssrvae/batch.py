"""Many micrographs: a Dask graph with one task for each, from the file to its predictions.

The library is written by the caller alone, one micrograph after the other, as their results come.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import (
    Classified,
    Failed,
    ModelCard,
    ParticlesFound,
    Predictions,
    classify_particles,
    find_particles,
    guarded,
    read_model_card,
    store_particles,
    store_predictions,
)

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["ClassifiedMicrograph", "classify_micrographs"]


@dataclass(frozen=True, eq=False)
class ClassifiedMicrograph:
    """One micrograph with its particles and their predictions, or why there are none."""

    path: Path
    micrograph: Micrograph | None = None
    found: ParticlesFound | None = None
    predictions: Predictions | None = None
    error: str = ""


def _one(path: Path, model_folder: Path, card: ModelCard) -> ClassifiedMicrograph:
    from napari_ssrvae.micrographs import read_micrograph

    def work() -> Iterator[Any]:
        micrograph = read_micrograph(path)
        yield micrograph
        yield from find_particles(
            micrograph,
            card.segmentation_for(micrograph.pixel_size_nm),
            patches=card.patches,
            window=card.window_for(micrograph.pixel_size_nm),
        )

    result = ClassifiedMicrograph(path)
    for event in guarded(work()):
        if isinstance(event, Failed):
            return replace(result, error=event.message)
        if isinstance(event, ParticlesFound):
            result = replace(result, found=event)
        elif result.micrograph is None:
            result = replace(result, micrograph=event)
    assert result.found is not None
    patches = result.found.patches
    label_ids = patches.label_ids.astype(np.int64)
    classes = tuple(range(len(card.class_names)))
    for said in guarded(classify_particles(model_folder, label_ids, patches.images, classes)):
        if isinstance(said, Failed):
            return replace(result, error=said.message)
        if isinstance(said, Classified):
            result = replace(result, predictions=said.predictions)
    return result


def classify_micrographs(
    paths: Sequence[Path],
    library: ParticleLibrary,
    model_folder: Path,
    *,
    model_name: str,
    scheduler: str | None = None,
) -> Iterator[ClassifiedMicrograph]:
    """Segment and classify micrographs and put all of it into the library.

    Particles are found and cut out as those were that the model learnt from.

    Parameters
    ----------
    paths : sequence of Path
    library : ParticleLibrary
        It has a model of that name.
    model_folder : Path
        A model as `train_model` leaves it.
    model_name : str
        Its name in the library.
    scheduler : str, optional
        Address of a Dask cluster; threads of this machine without.

    Yields
    ------
    ClassifiedMicrograph
        One for each path, in order, after it was stored. One with an `error` was not.

    Raises
    ------
    InputError
        The particles of the library are cut out otherwise than the model's.
    """
    card = read_model_card(model_folder)
    card.check_library(library)
    class_ids = tuple(int(i) for i in library.models().to_dict("index")[model_name]["class_ids"])
    for result in _run([Path(p) for p in paths], model_folder, card, scheduler):
        if not result.error:
            assert result.micrograph is not None
            assert result.found is not None
            assert result.predictions is not None
            try:
                micrograph_id, _ = store_particles(library, result.micrograph, result.found)
                particles = library.particles(micrograph_id)
                particle_of = dict(zip(particles["label_id"], particles.index, strict=True))
                ids = np.asarray(
                    [particle_of[i] for i in result.predictions.particle_ids], np.int64
                )
                predictions = replace(result.predictions, particle_ids=ids, class_ids=class_ids)
                store_predictions(library, model_name, predictions)
            except InputError as error:
                result = replace(result, error=str(error))
        yield result


def _run(
    paths: list[Path], model_folder: Path, card: ModelCard, scheduler: str | None
) -> Iterator[ClassifiedMicrograph]:
    import dask

    tasks = [dask.delayed(_one, pure=False)(path, model_folder, card) for path in paths]
    if scheduler is None:
        # A few at a time, so that memory holds only those.
        step = max(1, os.cpu_count() or 1)
        for start in range(0, len(tasks), step):
            yield from dask.compute(*tasks[start : start + step], scheduler="threads")
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            "A cluster needs one more package: install napari-ssrvae[cluster] and try again."
        ) from error
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {scheduler}: check the address.") from error
    with client:
        for future in client.compute(tasks):
            yield future.result()
