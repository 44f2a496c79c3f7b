"""The particles that distributions are about: their classes, sizes and angles, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session
from napari_ssrvae.workflow.distributions import (
    Counts,
    Histogram,
    Sizes,
    class_counts,
    histogram,
    rose,
    sizes_of,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Angle", "Crowd"]

Angle: TypeAlias = Literal["pose", "axis"]


@dataclass(frozen=True, eq=False)
class Crowd:
    """All particles of a library or of one micrograph, with the class each is shown as.

    Attributes
    ----------
    shown, by_hand : (N,) uint8
        Class ids, 0 = none.
    sizes : Sizes
    angle_rad : (N,) float64
        NaN where it is not known.
    period : float
        2 pi of a pose, pi of an axis.
    class_ids : list of int
        Those that occur among the classes of the library, in their order.
    names, colours : list of str
    """

    shown: NDArray[np.uint8]
    by_hand: NDArray[np.uint8]
    sizes: Sizes
    angle_rad: NDArray[np.float64]
    period: float
    class_ids: list[int]
    names: list[str]
    colours: list[str]

    @classmethod
    def of(cls, session: Session, micrograph_id: int | None, angle: Angle) -> Crowd:
        """Return the particles of a micrograph, None: of all; `InputError` if there are none."""
        c = session.catalogue
        if not len(c):
            raise InputError("There are no particles yet: open a micrograph and find them first.")
        use: slice | NDArray[np.int64] = slice(None)
        if micrograph_id is not None:
            use = np.flatnonzero(c.micrograph_ids == micrograph_id)
        by_hand = c.by_hand[use]
        shown = session.shown(use).class_ids
        if not len(shown):
            raise InputError("This micrograph has no particles yet: find them first.")

        def measured(name: str) -> NDArray[np.float64]:
            if name not in c.measurements:
                return np.full(len(shown), np.nan)
            return np.asarray(c.measurements[name].to_numpy(np.float64)[use])

        if angle == "pose":
            # Against the upright picture of the predicted class, so of no other; 0 of all is a model without poses.
            known = (session.predicted(use) == shown) & (shown > 0) & bool(c.angle_rad.any())
            radians = np.where(known, c.angle_rad[use], np.nan).astype(np.float64)
        else:
            radians = np.deg2rad(measured("orientation_deg"))
        sizes = sizes_of(measured("equivalent_diameter_nm"), measured("equivalent_diameter_px"))
        there = np.bincount(shown, minlength=256) > 0
        classes = [k for k in session.classes if there[k.class_id]]
        return cls(
            shown,
            by_hand,
            sizes,
            radians,
            2 * np.pi if angle == "pose" else np.pi,
            [k.class_id for k in classes],
            [k.name for k in classes],
            [k.colour for k in classes],
        )

    def counts(self) -> Counts:
        """Return how many particles of each class there are."""
        return class_counts(self.by_hand, self.shown, self.class_ids)

    def size_histogram(self) -> Histogram:
        """Return the sizes of each class."""
        return histogram(self.sizes.values, self.shown, self.class_ids)

    def rose(self) -> Histogram:
        """Return the angles of each class."""
        return rose(self.angle_rad, self.shown, self.class_ids, period=self.period)

    def medians(self) -> list[float]:
        """Return the median size of each class; NaN without a size."""
        return [float(_median(self.sizes.values[self.shown == c])) for c in self.class_ids]

    def count_rows(self, where: str) -> list[dict[str, object]]:
        """Return a row of a table for each class."""
        counts, medians = self.counts(), self.medians()
        return [
            {
                "micrograph": where,
                "class": name,
                "by hand (particles)": int(counts.by_hand[k]),
                "by model (particles)": int(counts.by_model[k]),
                "median equivalent diameter (nm)": medians[k] if self.sizes.unit == "nm" else None,
                "median equivalent diameter (px)": medians[k] if self.sizes.unit == "px" else None,
            }
            for k, name in enumerate(self.names)
        ]

    def size_rows(self, where: str) -> pd.DataFrame:
        """Return the bins of the size histogram as a table."""
        unit, found = self.sizes.unit, self.size_histogram()
        edges = found.edges.copy()
        if found.beyond:
            # The last bar holds the largest as well.
            edges[-1] = np.nanmax(self.sizes.values[np.isin(self.shown, self.class_ids)])
        return _bins(
            where,
            f"diameter from ({unit})",
            f"diameter to ({unit})",
            found,
            edges,
            self.names,
        )

    def rose_rows(self, where: str) -> pd.DataFrame:
        """Return the sectors of the rose as a table."""
        found = self.rose()
        degrees = np.rad2deg(found.edges)
        return _bins(where, "angle from (°)", "angle to (°)", found, degrees, self.names)


def _bins(
    where: str,
    low: str,
    high: str,
    found: Histogram,
    edges: NDArray[np.float64],
    names: Sequence[str],
) -> pd.DataFrame:
    import pandas as pd

    bins = len(edges) - 1
    return pd.DataFrame(
        {
            "micrograph": where,
            "class": np.repeat(np.array(names, dtype=object), bins),
            low: np.tile(edges[:-1], len(names)),
            high: np.tile(edges[1:], len(names)),
            "particles": found.counts.ravel(),
        }
    )


def _median(values: NDArray[np.float64]) -> float:
    some = values[np.isfinite(values)]
    return float(np.median(some)) if len(some) else float("nan")
