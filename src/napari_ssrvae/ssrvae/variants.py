"""Which recipe a preset names."""

from __future__ import annotations

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.canvas_recipe import CanvasRecipe
from napari_ssrvae.ssrvae.model import Recipe
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["recipe_of"]


def recipe_of(preset: str, p: SSRVAEParameters, *, warm: bool = False) -> Recipe:
    """Return how the model of a preset is built and trained."""
    if preset == "default":
        return CanvasRecipe(p, warm=warm)
    raise InputError(f'The preset "{preset}" is not available yet: use "default".')
