"""The main job without a window: the built-in sample becomes a labelled library."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.cli.commands import Answer, last_of, say, train_one
from napari_ssrvae.workflow import ParticlesFound, TrainingSet, find_particles, store_particles

__all__ = ["run_headless"]

LABELS_PER_CLASS = 15
DEFAULT_FOLDER = "napari-ssrvae-demo"


def run_headless(options: Namespace) -> Answer:
    """Segment, label 15 particles per class from the truth, train, classify, export."""
    from napari_ssrvae.evaluation.agglomerates import generate_micrograph
    from napari_ssrvae.evaluation.matching import match_particles
    from napari_ssrvae.evaluation.metrics import balanced_accuracy
    from napari_ssrvae.library import AssignClass, ParticleLibrary, export_library
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.ssrvae import SSRVAEParameters

    made = generate_micrograph(options.particles, seed=options.seed)
    micrograph = Micrograph.from_array(
        made.image,
        name="agglomerates",
        pixel_size_nm=made.pixel_size_nm,
        pixel_size_source="as generated",
        data_bar=made.data_bar,
    )
    folder = options.out or _free_folder(Path(DEFAULT_FOLDER))
    with ParticleLibrary.create(folder, class_names=made.class_names) as library:
        say(options, "1/4 finding particles")
        found = last_of(options, find_particles(micrograph), ParticlesFound)
        store_particles(library, micrograph, found)
        n_particles = len(found.table)

        # The truth plays the user: it clicks a few particles of each class.
        micrograph_id = int(library.micrographs().index[0])
        particles = library.particles(micrograph_id)
        truth = _true_classes(
            match_particles(library.mask(micrograph_id), made.labels), made.classes, particles
        )
        rng = np.random.default_rng(options.seed)
        class_ids = [c.class_id for c in library.classes() if not c.reserved]
        for k, class_id in enumerate(class_ids, start=1):
            members = particles.index.to_numpy()[truth == k]
            chosen = rng.choice(
                members, min(LABELS_PER_CLASS, max(1, len(members) // 2)), replace=False
            )
            if len(chosen):
                library.do(AssignClass(tuple(chosen.tolist()), class_id))
        say(options, f"2/4 labelled {len(library.labels())} of {n_particles} particles")

        say(options, "3/4 training")
        train_one(options, library, TrainingSet.from_library(library), SSRVAEParameters())

        predicted = library.predictions()["class_id"].reindex(particles.index).to_numpy()
        labelled = np.isin(particles.index, library.labels().index)
        judged = (truth > 0) & ~labelled
        accuracy = balanced_accuracy(
            truth[judged] - 1, np.searchsorted(class_ids, predicted[judged])
        )
        bundle = export_library(library, _export_of(folder))
        say(options, "4/4 exported")
    answer: dict[str, Any] = {
        "library": str(folder.resolve()),
        "export": str(bundle.resolve()),
        "particles": n_particles,
        "balanced_accuracy": round(float(accuracy), 4),
    }
    text = (
        f"{n_particles} particles found, {int(labelled.sum())} labelled, the others classified with a "
        f"balanced accuracy of {accuracy:.3f}\nlibrary: {answer['library']}\nexport:  {answer['export']}"
    )
    return answer, text


def _true_classes(matching: Any, classes: np.ndarray, particles: Any) -> np.ndarray:
    """Return the true class 1..4 of each particle, 0 for one that matches nothing."""
    of_label = dict(zip(matching.label_ids, matching.truth_ids, strict=True))
    return np.array(
        [classes[of_label[i] - 1] if i in of_label else 0 for i in particles["label_id"]], int
    )


def _export_of(folder: Path) -> Path:
    """Return where the demo takes its library to: beside it, for an export does not belong into a library."""
    return folder.with_name(f"{folder.name}-export")


def _free_folder(folder: Path) -> Path:
    """Return the folder, or the first of its numbered neighbours that is not there: nothing is overwritten."""
    free, number = folder, 1
    while free.exists() or _export_of(free).exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free
