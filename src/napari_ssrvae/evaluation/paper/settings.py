"""How large an experiment is: the paper's sizes, or small ones for a first look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from napari_ssrvae.errors import InputError

__all__ = ["OFFSETS", "Offset", "PaperSettings"]

Offset = Literal["vertical", "2d"]

OFFSETS: tuple[Offset, ...] = ("vertical", "2d")
"""The authors' offset, along the rows only, and the harder one in both directions."""

_JUDGES = ("default", "paper", "ss-vae")


@dataclass(frozen=True)
class PaperSettings:
    """What all experiments share.

    Parameters
    ----------
    preset : str
        Of the ss-rVAE: "default", "paper" or another one that knows classes.
    n_seeds : int
        How often every model is trained, with the seeds 0, 1, ...
    device : str
        As for `SSRVAE`.
    max_steps : int, optional
        Batches after which every training ends; by default the preset's own.
    rvae_steps : int, optional
        The same for the rVAE of fig5 alone: its coordinate decoder is slow.
    changes : mapping of str to value
        Fields of `SSRVAEParameters` that differ from the preset's, for every model.
    n_labelled, n_unlabelled, n_test : int
        Cards per class in the three splits.
    angles_deg : tuple of float
        Widths a of U(-a, a) for which fig3a trains anew.
    grid_shear_deg, grid_angles_deg : tuple of float
        Rows and columns of fig4a.
    n_tiles : int
        Pictures along a traversal and each side of a manifold.
    cnn_steps : int
        Batches of 64 for the rival.
    agglomerates : tuple of int
        Generated agglomerates of 1, 2, 3 and 4 spheres.
    labels_per_class : int
        Of agglomerates.
    patch_size : int
        Edge of a patch of an agglomerate, in pixels.
    """

    preset: str = "default"
    n_seeds: int = 5
    device: str = "auto"
    max_steps: int | None = None
    rvae_steps: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    n_labelled: int = 200
    n_unlabelled: int = 3000
    n_test: int = 1000
    angles_deg: tuple[float, ...] = (5, 15, 30, 45, 60, 75, 90, 120, 150, 180)
    grid_shear_deg: tuple[float, ...] = (0, 14, 20, 30)
    grid_angles_deg: tuple[float, ...] = (0, 24, 48, 60, 84, 96, 120, 144, 180)
    n_tiles: int = 9
    cnn_steps: int = 1500
    agglomerates: tuple[int, int, int, int] = (304, 93, 49, 31)
    labels_per_class: int = 15
    patch_size: int = 48
    quick: bool = False

    def __post_init__(self) -> None:
        if self.preset not in _JUDGES:
            raise InputError(
                f"The preset {self.preset!r} knows no classes, and these experiments ask for them: "
                f"choose one of {', '.join(_JUDGES)} (fig5 trains vae and rvae by itself)."
            )
        if self.n_seeds < 1:
            raise InputError(f"{self.n_seeds} seeds are none: ask for at least one.")

    @classmethod
    def small(cls, **chosen: Any) -> PaperSettings:
        """Return settings for a first look at everything in a few minutes; `chosen` goes before them."""
        small: dict[str, Any] = {
            "n_seeds": 1,
            "max_steps": 60,
            "n_labelled": 50,
            "n_unlabelled": 250,
            "n_test": 100,
            "angles_deg": (5, 60, 180),
            "grid_angles_deg": (0, 60, 120, 180),
            "n_tiles": 7,
            "cnn_steps": 60,
            "patch_size": 24,
            "quick": True,
        }
        if "max_steps" not in chosen:
            small["rvae_steps"] = 40
        return cls(**(small | chosen))

    @property
    def rival_steps(self) -> int:
        """Batches for the rival: no more than for any other training."""
        return self.cnn_steps if self.max_steps is None else min(self.cnn_steps, self.max_steps)

    @property
    def seeds(self) -> range:
        """Seeds of the models; the cards have the seeds of their definition."""
        return range(self.n_seeds)
