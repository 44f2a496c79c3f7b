"""`reproduce`: the paper's experiments, as figures and numbers."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.cli.commands import Answer, follow, parameters_from, say
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import Progress

if TYPE_CHECKING:
    from napari_ssrvae.evaluation.paper.particles_data import Particles
    from napari_ssrvae.evaluation.paper.settings import PaperSettings

__all__ = ["reproduce"]

LABELLED = ("gold", "nmers")
STOPPED = "Stopped; finished experiments are whole, of the one that ran nothing was written."


def reproduce(options: Namespace) -> Answer:
    """Run one experiment or all of them."""
    from napari_ssrvae.evaluation.paper.experiments import Done
    from napari_ssrvae.evaluation.paper.experiments import reproduce as experiments
    from napari_ssrvae.evaluation.paper.glyphs import read_glyphs

    settings = _settings(options)
    glyphs = None if options.glyphs is None else read_glyphs(options.glyphs)
    particles = _particles(options)
    done: list[Done] = []
    events = experiments(
        options.experiment, options.out, settings, glyphs=glyphs, particles=particles
    )
    try:
        for event in follow(options, _told(events)):
            if isinstance(event, Done):
                done.append(event)
                say(options, f"{event.name}: {event.summary}")
    except KeyboardInterrupt:
        # What `main` says then.
        raise KeyboardInterrupt(STOPPED) from None
    answer: dict[str, Any] = {
        "experiment": options.experiment,
        "out": str(options.out),
        "figures": {d.name: str(d.figure) for d in done},
        "results": str(options.out / "results.json"),
        "summary": {d.name: d.summary for d in done},
    }
    lines = [f"{d.name}: {d.summary}\n  {d.figure}" for d in done]
    return answer, "\n".join([*lines, f"numbers: {answer['results']}"])


def _told(events: Iterator[Any]) -> Iterator[Any]:
    """Pass events on; what an experiment says in words becomes progress."""
    from napari_ssrvae.evaluation.paper.events import Stage

    for event in events:
        yield Progress(0.0, event.text) if isinstance(event, Stage) else event


def _settings(options: Namespace) -> PaperSettings:
    from napari_ssrvae.evaluation.paper.settings import PaperSettings
    from napari_ssrvae.ssrvae import SSRVAEParameters

    asked = parameters_from(SSRVAEParameters, options.set)
    changes = asked.model_dump(include=asked.model_fields_set)
    chosen = {"preset": options.preset, "device": options.device, "changes": changes}
    if options.seeds is not None:
        chosen["n_seeds"] = options.seeds
    if options.max_steps is not None:
        chosen["max_steps"] = options.max_steps
    return PaperSettings.small(**chosen) if options.quick else PaperSettings(**chosen)


def _particles(options: Namespace) -> Particles | None:
    """Return the particles of `--data`, None for the generated ones."""
    from napari_ssrvae.evaluation.paper.experiments import OF_CARDS

    data = options.data
    if data is None or (data == "cards" and options.experiment in (*OF_CARDS, "all")):
        return None
    if options.experiment in OF_CARDS:
        raise InputError(
            f"{options.experiment} turns and shears drawn cards, {data} cannot be: leave --data out, or give "
            "glyphs of your own with --glyphs."
        )
    if data == "cards":
        return _cards(options)
    path = Path(data)
    if (path / "library.sqlite").is_file():
        return _of_library(path)
    return _of_picture(path, data)


def _cards(options: Namespace) -> Particles:
    from napari_ssrvae.evaluation.cards import SUITS, make_cards
    from napari_ssrvae.evaluation.paper.glyphs import read_glyphs
    from napari_ssrvae.evaluation.paper.particles_data import Particles

    glyphs = None if options.glyphs is None else read_glyphs(options.glyphs)
    X, y, _ = make_cards(120, 60.0, seed=1, glyphs=glyphs)
    return Particles(X, y, SUITS, "cards")


def _of_library(folder: Path) -> Particles:
    """Return the patches of a library with the labels given by hand; unlabelled particles join the training."""
    import numpy as np

    from napari_ssrvae.evaluation.paper.particles_data import Particles
    from napari_ssrvae.library import ParticleLibrary

    with ParticleLibrary.open(folder, read_only=True) as library:
        ids, images = library.patches()
        labels = library.labels()
        names = {c.class_id: c.name for c in library.classes()}
    if not len(ids):
        raise InputError(f"{folder} has no particles yet: segment micrographs first.")
    used = [class_id for class_id in names if (labels == class_id).any()]
    index = {class_id: k for k, class_id in enumerate(used)}
    by_hand = labels.to_dict()
    y = np.array([index.get(by_hand.get(i, -1), -1) for i in ids.tolist()], dtype=np.int64)
    return Particles(images, y, tuple(names[i] for i in used), f"library {folder.resolve().name}")


def _of_picture(path: Path, data: str) -> Particles:
    from napari_ssrvae.evaluation.bench.real import read_real
    from napari_ssrvae.evaluation.paper.particles_data import Particles

    shared = os.environ.get("NAPARI_SSRVAE_SHARED")
    home: Path | None
    if path.name in LABELLED and path.is_dir():
        name, home = path.name, path.parent
    elif data in LABELLED:
        name, home = data, Path(shared) if shared else None
    else:
        raise InputError(
            f"{data} holds no particle library: give a library with labels, a folder named gold or nmers, "
            "or cards."
        )
    real = read_real(home, "gold" if name == "gold" else "nmers")
    return Particles(real.X, real.y, ("single", "dimer", "trimer", "larger"), name)
