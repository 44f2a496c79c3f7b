"""All experiments by name, and what runs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.paper import (
    angles,
    assembly,
    confusions,
    degradation,
    disorder,
    latent_spaces,
    traversals,
)
from napari_ssrvae.evaluation.paper.events import Event, Outcome, Running, Stage
from napari_ssrvae.evaluation.paper.figures import check_matplotlib, png_bytes
from napari_ssrvae.evaluation.paper.lab import Images, Lab
from napari_ssrvae.evaluation.paper.output import prepare_folder, write_experiment, write_results
from napari_ssrvae.evaluation.paper.particles_data import Particles, generated_particles
from napari_ssrvae.evaluation.paper.rows import Row
from napari_ssrvae.evaluation.paper.settings import PaperSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EXPERIMENTS", "OF_CARDS", "OF_PARTICLES", "Done", "reproduce"]

_CARDS: dict[
    str, tuple[Callable[[Lab], Running[Outcome]], Callable[[Outcome], Figure]]
] = {
    "fig3a": (angles.run, angles.draw),
    "fig3bc": (traversals.run, traversals.draw),
    "fig4a": (disorder.run, disorder.draw),
    "fig4bc": (confusions.run, confusions.draw),
    "fig4e": (degradation.run_noise, degradation.draw_noise),
    "fig4f": (degradation.run_pixels, degradation.draw_pixels),
}  # fmt: skip
_PARTICLES: dict[
    str, tuple[Callable[[Lab, Particles], Running[Outcome]], Callable[[Outcome], Figure]]
] = {
    "fig5": (latent_spaces.run, latent_spaces.draw),
    "fig6": (assembly.run, assembly.draw),
}  # fmt: skip

OF_CARDS, OF_PARTICLES = tuple(_CARDS), tuple(_PARTICLES)
EXPERIMENTS = OF_CARDS + OF_PARTICLES


@dataclass(frozen=True)
class Done:
    """An experiment is written: its name, figure, numbers, and one line for people."""

    name: str
    figure: Path
    results: Path
    rows: list[Row]
    summary: str


def reproduce(
    name: str,
    folder: str | Path,
    settings: PaperSettings | None = None,
    *,
    glyphs: Images | None = None,
    particles: Particles | None = None,
) -> Generator[Event | Done, None, None]:
    """Run one experiment, or "all", and write figure and numbers; a generator of events.

    Nothing of an experiment is written before its end. "all" makes a folder for each and puts all rows
    into one more `results.json`; models that several experiments need are trained once.

    Parameters
    ----------
    name : str
        One of `EXPERIMENTS`, or "all".
    folder : path
        Made if it is not there.
    settings : PaperSettings, optional
    glyphs : (4, 64, 64) float32, optional
        Instead of the drawn suits.
    particles : Particles, optional
        For fig5 and fig6, instead of generated agglomerates.

    Raises
    ------
    InputError
        There is no such experiment, matplotlib is missing, the folder cannot be written to, or a training failed.
    """
    if name not in (*EXPERIMENTS, "all"):
        raise InputError(
            f"There is no experiment {name!r}: choose one of {', '.join(EXPERIMENTS)} or all."
        )
    check_matplotlib()
    folder, settings = Path(folder), settings or PaperSettings()
    prepare_folder(folder)
    chosen = EXPERIMENTS if name == "all" else (name,)
    if particles is None and any(n in _PARTICLES for n in chosen):
        particles = generated_particles(settings.agglomerates, settings.patch_size)
    told = _told(settings, glyphs, particles)
    rows: list[Row] = []
    with Lab(settings, glyphs) as lab:
        for n in chosen:
            yield Stage(n)
            home = folder / n if name == "all" else folder
            done = yield from _one(n, home, lab, particles, told)
            rows += [{"experiment": n, **row} for row in done.rows]
            yield done
    if name == "all":
        write_results(folder, "all", told, rows)


def _one(
    name: str, folder: Path, lab: Lab, particles: Particles | None, told: dict[str, Any]
) -> Running[Done]:
    if name in _CARDS:
        run, draw = _CARDS[name]
        outcome = yield from run(lab)
    else:
        assert particles is not None
        run_particles, draw = _PARTICLES[name]
        outcome = yield from run_particles(lab, particles)
    drawn = draw(outcome)
    if lab.settings.quick:
        drawn.suptitle(f"{drawn.get_suptitle()} - quick look at small sizes, no measurement")
    png = png_bytes(drawn)
    prepare_folder(folder)
    figure, results = write_experiment(folder, name, png, told, outcome.rows)
    return Done(name, figure, results, outcome.rows, outcome.summary)


def _told(
    settings: PaperSettings, glyphs: Images | None, particles: Particles | None
) -> dict[str, Any]:
    from napari_ssrvae import __version__

    drawn = "drawn suits"
    return {
        **asdict(settings),
        "seeds": list(settings.seeds),
        "seeds_are": "of the models and, in fig6, of the labels; cards have the seeds of their definition",
        "glyphs": drawn if glyphs is None else hashlib.sha256(glyphs.tobytes()).hexdigest(),
        "particles": None
        if particles is None
        else {
            "source": particles.source,
            "classes": {
                name: int((particles.classes == k).sum()) for k, name in enumerate(particles.names)
            },
            "unknown": int((particles.classes < 0).sum()),
        },
        "version": __version__,
    }
