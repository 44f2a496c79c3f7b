"""What must be known to use a model on other micrographs, kept beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.workflow.particles import patches_of

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.particles import PatchParameters, SegmentationParameters

__all__ = ["ModelCard", "read_model_card", "write_model_card"]

CARD = "classes.json"
# Cards of earlier versions lack these, and their particles were cut out with what is the default.
LOOK = ("mask_neighbours", "normalise")


@dataclass(frozen=True)
class ModelCard:
    """What must be known to use a model on other micrographs, kept beside its weights.

    Attributes
    ----------
    class_names : tuple of str, length K
    window_px : int
        Edge of the square cut around each particle, in pixels of the first micrograph.
    pixel_size_nm : float or None
        Pixel size of that micrograph, None where it is not known.
    patch_size : int
        Edge of a patch in its own pixels.
    segmentation : dict
        How its particles were found.
    mask_neighbours : bool
        Whether patches show each particle alone; so did all before this was kept.
    normalise : "micrograph" or "particle"
        What the brightness of a patch is relative to; "micrograph" before this was kept.
    """

    class_names: tuple[str, ...]
    window_px: int
    pixel_size_nm: float | None
    patch_size: int
    segmentation: Mapping[str, Any]
    mask_neighbours: bool = True
    normalise: Literal["micrograph", "particle"] = "micrograph"

    @classmethod
    def of_library(cls, library: ParticleLibrary, class_names: list[str]) -> ModelCard:
        """Describe the particles of a library.

        Raises
        ------
        InputError
            Two micrographs are cut out differently.
        """
        known = library.micrographs()
        known = known[known["window_px"].notna()]
        first = known.iloc[0]
        patches = patches_of(first.to_dict())
        for row in known.to_dict("records"):
            if other := _difference(patches, patches_of(row)):
                raise InputError(
                    f"The particles of {row['name']} are cut out with {other[1]}, those of {first['name']} with "
                    f"{other[0]}: find those of one of them again with the other's settings of the patches."
                )
        nm = first["pixel_size_nm"]
        record = json.loads(first["parameters"]) if isinstance(first["parameters"], str) else {}
        record.pop("patches", None)
        return cls(
            tuple(class_names),
            int(first["window_px"]),
            float(nm) if nm is not None and np.isfinite(nm) else None,
            patches.size,
            record,
            patches.mask_neighbours,
            patches.normalise,
        )

    @property
    def patches(self) -> PatchParameters:
        """How particles are cut out for the model."""
        from napari_ssrvae.particles import PatchParameters

        return PatchParameters(
            size=self.patch_size,
            mask_neighbours=self.mask_neighbours,
            normalise=self.normalise,
        )

    def window_for(self, pixel_size_nm: float | None) -> int:
        """Return the window in pixels of another micrograph, so that particles keep their scale."""
        scale = self.pixel_size_nm / pixel_size_nm if self.pixel_size_nm and pixel_size_nm else 1.0
        return max(8, 2 * round(self.window_px * scale / 2))

    def segmentation_for(self, pixel_size_nm: float | None) -> SegmentationParameters:
        """Return how to find particles in another micrograph, so that lengths keep their scale.

        As for the window, a micrograph whose pixel size is not known is taken to have that of the first one.
        """
        parameters = _segmentation(self.segmentation)
        here = pixel_size_nm or self.pixel_size_nm
        if parameters.unit == "nm":
            return parameters if pixel_size_nm or not here else parameters.in_pixels(here)
        if not self.pixel_size_nm or here == self.pixel_size_nm:
            return parameters
        return parameters.in_nanometres(self.pixel_size_nm).in_pixels(here)

    def check_library(self, library: ParticleLibrary, *, any_size: bool = False) -> None:
        """Make sure that the particles of a library are cut out as those the model learnt from.

        Parameters
        ----------
        library : ParticleLibrary
        any_size : bool
            Let patches of another size pass: the model resamples them.

        Raises
        ------
        InputError
            They are not.
        """
        known = library.micrographs()
        for row in known[known["window_px"].notna()].to_dict("records"):
            theirs = patches_of(row)
            if any_size:
                theirs = theirs.model_copy(update={"size": self.patch_size})
            if other := _difference(self.patches, theirs):
                raise InputError(
                    f"The model learnt from particles cut out with {other[0]}, and those of {row['name']} in "
                    f"{library.folder.name} are cut out with {other[1]}: use a library that is cut out like the "
                    "model's own."
                )


def _difference(mine: PatchParameters, theirs: PatchParameters) -> tuple[str, str] | None:
    """Return the settings that differ, as they are written on the command line."""
    a, b = mine.model_dump(mode="json"), theirs.model_dump(mode="json")
    names = [name for name in a if a[name] != b[name]]
    return (_written(a, names), _written(b, names)) if names else None


def _written(values: Mapping[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name}={str(values[name]).lower()}" for name in names)


def write_model_card(folder: Path, card: ModelCard) -> None:
    """Put a card beside a model's weights."""
    with atomic_file(folder / CARD) as draft:
        draft.write_text(json.dumps(asdict(card), ensure_ascii=False, indent=1), encoding="utf-8")


def read_model_card(folder: Path) -> ModelCard:
    """Read what stands beside a model's weights.

    Raises
    ------
    InputError
        It is not there, or is not such a card.
    """
    from napari_ssrvae.particles import PatchParameters

    path = folder / CARD
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        nm = None if raw["pixel_size_nm"] is None else float(raw["pixel_size_nm"])
        if nm is not None and not 0 < nm < np.inf:
            raise ValueError("no pixel size")
        # pydantic's ValidationError is a ValueError: a value that is none ends as "not a model".
        patches = PatchParameters(
            size=int(raw["patch_size"]), **{name: raw[name] for name in LOOK if name in raw}
        )
        return ModelCard(
            tuple(str(name) for name in raw["class_names"]),
            int(raw["window_px"]),
            nm,
            patches.size,
            _segmentation(raw["segmentation"]).model_dump(mode="json", exclude_unset=True),
            patches.mask_neighbours,
            patches.normalise,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{folder} does not hold a model with its classes: choose a folder under models/ of a library, "
            "or the model/ folder of an export."
        ) from error


def _segmentation(raw: Mapping[str, Any]) -> SegmentationParameters:
    """Read settings, also of earlier versions; what is said beside them, such as the source, is left out."""
    from pydantic import ValidationError

    from napari_ssrvae.particles import SegmentationParameters

    try:
        return SegmentationParameters(**raw)
    except ValidationError as error:
        # Told by the model itself, which knows the names of earlier versions too.
        unknown = {e["loc"][0] for e in error.errors() if e["type"] == "extra_forbidden"}
        return SegmentationParameters(**{k: v for k, v in raw.items() if k not in unknown})
