"""Which recipe a preset names."""

from __future__ import annotations

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.canvas_recipe import CanvasRecipe
from napari_ssrvae.ssrvae.model import Recipe
from napari_ssrvae.ssrvae.paper_recipe import PaperRecipe
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["recipe_of"]

_ONLY_THE_PAPERS = ("invariance", "likelihood", "angle_prior", "beta_start")


def recipe_of(preset: str, p: SSRVAEParameters, *, warm: bool = False) -> Recipe:
    """Return how the model of a preset is built and trained.

    Raises
    ------
    InputError
        The preset has no choice where the parameters ask for one.
    """
    if preset != "default":
        return PaperRecipe(p, warm=warm)
    usual = SSRVAEParameters()
    for name in _ONLY_THE_PAPERS:
        if (asked := getattr(p, name)) != (only := getattr(usual, name)):
            raise InputError(
                f'The preset "default" knows no {name}={asked!r}: leave it at {only!r}, '
                'or use the preset "paper".'
            )
    return CanvasRecipe(p, warm=warm)
