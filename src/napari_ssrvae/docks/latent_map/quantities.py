"""What can be an axis or a colour of the map: numbers that every particle has, with name and unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.session import Catalogue

__all__ = [
    "FULL_TURN",
    "SIMILARITY",
    "Quantity",
    "is_cyclic",
    "measured",
    "quantities",
    "values_of",
]

Kind = Literal["latent", "model", "measurement", "position", "similarity"]

SIMILARITY = "similarity"
LATENT = "z:"
MODEL = {
    "probability": ("probability", "0 to 1"),
    "uncertainty": ("uncertainty", "0 to 1"),
    "novelty": ("novelty", "0 to 1"),
    "angle": ("pose angle", "\u00b0"),
}
FULL_TURN = (-180.0, 180.0)
"""The ends of cyclic quantities."""

UNITS = {"_px": "px", "_nm": "nm", "_nm2": "nm\u00b2", "_deg": "\u00b0"}


@dataclass(frozen=True)
class Quantity:
    """One number of each particle.

    Attributes
    ----------
    key : str
        What `values_of` knows it by.
    name, unit : str
        As people read them; the unit may be empty.
    kind : str
        Where it comes from.
    """

    key: str
    name: str
    unit: str
    kind: Kind

    @property
    def label(self) -> str:
        """Name and unit, for an axis."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def cyclic(self) -> bool:
        """Whether its ends are the same: a full turn."""
        return is_cyclic(self.key)


def is_cyclic(key: str) -> bool:
    """Whether the ends of a quantity are the same: a full turn."""
    return key == "angle"


def quantities(catalogue: Catalogue) -> list[Quantity]:
    """Return what is known of the particles: latents and the model's words first, then the measurements.

    Lengths are in nm where every micrograph has a scale, in px where none has; where only some have,
    both are there, so that nothing is mixed.
    """
    found = [
        Quantity(f"{LATENT}{i}", f"latent z{i + 1}", "prior \u03c3", "latent")
        for i in range(catalogue.latents.shape[1])
    ]
    if len(catalogue.model_class_ids):
        found += [Quantity(key, *words, "model") for key, words in MODEL.items()]
    found += measured(catalogue)
    for axis, side in (("x", "across"), ("y", "down")):
        column = f"centroid_{axis}_px"
        if column in catalogue.measurements:
            found.append(Quantity(column, f"position {side}", "px", "position"))
    if len(catalogue):
        words = "distance from the chosen particles"
        found.append(Quantity(SIMILARITY, words, "spreads", "similarity"))
    return found


def measured(catalogue: Catalogue) -> list[Quantity]:
    """Return the measurements that are numbers, without places and flags."""
    table = catalogue.measurements
    found = []
    for column in map(str, table.columns):
        if column.endswith("_id") or column.startswith(("centroid", "bbox")):
            continue
        values = table[column].to_numpy()
        if values.dtype.kind not in "iuf":
            continue
        if column.endswith("_px"):
            stem = column.removesuffix("_px")
            in_nm = next((f"{stem}_nm{p}" for p in ("", "2") if f"{stem}_nm{p}" in table), None)
            if in_nm is not None and bool(np.isfinite(table[in_nm].to_numpy(np.float64)).all()):
                continue
        elif values.dtype.kind == "f" and not np.isfinite(values).any():
            continue
        found.append(_measurement(column))
    return found


def _measurement(column: str) -> Quantity:
    for end, unit in UNITS.items():
        if column.endswith(end):
            name = column.removesuffix(end)
            unit = "px\u00b2" if unit == "px" and "area" in name else unit
            return Quantity(column, name.replace("_", " "), unit, "measurement")
    unit = "grey levels" if column.endswith("_intensity") else ""
    return Quantity(column, column.replace("_", " "), unit, "measurement")


def values_of(
    catalogue: Catalogue, key: str, alike: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return a quantity of each particle (N,); NaN where it is not known, or there is no such quantity.

    Parameters
    ----------
    catalogue : Catalogue
    key : str
    alike : (M,) int64, optional
        Particles that the others are compared with, for `SIMILARITY`.
    """
    if key.startswith(LATENT) and int(key.removeprefix(LATENT)) < catalogue.latents.shape[1]:
        return catalogue.latents[:, int(key.removeprefix(LATENT))].astype(np.float64)
    if key == "angle":
        degrees = np.rad2deg(catalogue.angle_rad.astype(np.float64))
        return np.where(catalogue.by_model > 0, degrees, np.nan)
    if key in MODEL:
        return np.asarray(getattr(catalogue, key), np.float64)
    if key == SIMILARITY and alike is not None and len(alike):
        distance = catalogue.similarity_to(alike).astype(np.float64)
        return np.where(np.isfinite(distance), distance, np.nan)
    if key in catalogue.measurements:
        return catalogue.measurements[key].to_numpy(np.float64)
    return np.full(len(catalogue), np.nan)
