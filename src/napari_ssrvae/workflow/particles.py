"""From a micrograph to its particles: masks, measurements, patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.events import Progress

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import ParticleChange, ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles import Patches, SegmentationParameters

__all__ = ["TYPED", "ParticlesFound", "find_particles", "project_window", "store_particles"]

TYPED = "typed by hand"
"""The source of a pixel size that a person gave; it outlives what files and layers say."""


@dataclass(frozen=True, eq=False)
class ParticlesFound:
    """Masks, measurements and patches of one micrograph, and how they were made."""

    labels: NDArray[np.int32]
    table: pd.DataFrame
    patches: Patches
    parameters: Mapping[str, Any]


def find_particles(
    micrograph: Micrograph,
    parameters: SegmentationParameters | None = None,
    *,
    labels: NDArray[Any] | None = None,
    source: str = "",
    window: int | str = "auto",
    size: int = 48,
) -> Iterator[Progress | ParticlesFound]:
    """Find, measure and cut out the particles of one micrograph.

    Parameters
    ----------
    micrograph : Micrograph
    parameters : SegmentationParameters, optional
        How to segment; ignored where `labels` is given.
    labels : ndarray of integers, shape (H, W), optional
        A segmentation made elsewhere, taken as it is. A plain mask (one value) is split into its connected parts.
    source : str
        Where `labels` came from, for the record.
    window : int or "auto"
        Edge in pixels of the square cut around each particle; "auto" fits the largest.

    Raises
    ------
    InputError
        The segmentation does not fit the micrograph, or there is no particle in it.
    """
    from napari_ssrvae.particles import (
        SegmentationParameters,
        extract_patches,
        measure_particles,
        segment_particles,
    )

    if labels is None:
        parameters = parameters or SegmentationParameters()
        yield Progress(0.0, "Separating particles from the background")
        found = segment_particles(micrograph.image, parameters, data_bar=micrograph.data_bar)
        record: dict[str, Any] = {"source": "segmentation", **parameters.model_dump(mode="json")}
        if not found.any():
            raise InputError(
                f"No particles were found in {micrograph.name}: try another method or polarity, "
                "or a smaller least size."
            )
    else:
        found = _foreign_labels(labels, micrograph)
        record = {"source": source or "labels made elsewhere"}
    yield Progress(0.5, "Measuring")
    table = measure_particles(micrograph.image, found, micrograph.pixel_size_nm)
    yield Progress(0.7, "Cutting out")
    patches = extract_patches(
        micrograph.image, found, size=size, window=cast(Any, window), data_bar=micrograph.data_bar
    )
    yield Progress(1.0, f"{len(table):,} particles")
    yield ParticlesFound(found, table, patches, record)


def _foreign_labels(labels: NDArray[Any], micrograph: Micrograph) -> NDArray[np.int32]:
    from skimage.measure import label
    from skimage.segmentation import relabel_sequential

    labels = np.asarray(labels)
    if labels.shape != micrograph.image.shape:
        raise InputError(
            f"The segmentation is {' x '.join(map(str, labels.shape))} pixels and {micrograph.name} is "
            f"{' x '.join(map(str, micrograph.image.shape))}: choose the labels that belong to this micrograph."
        )
    if labels.dtype.kind not in "iub":
        raise InputError(
            "A segmentation must hold whole numbers, 0 for background: choose a Labels layer."
        )
    if labels.size and labels.min() < 0:
        raise InputError(
            "A segmentation must not hold negative numbers: choose another Labels layer."
        )
    values = np.unique(labels)
    values = values[values > 0]
    if len(values) == 0:
        raise InputError("The segmentation is empty: paint or compute some particles first.")
    whole = (
        label(labels, connectivity=1)
        if len(values) == 1
        else relabel_sequential(labels.astype(np.int64))[0]
    )
    return np.ascontiguousarray(whole, dtype=np.int32)


def project_window(library: ParticleLibrary | None, micrograph: Micrograph) -> int | str:
    """Return the patch window in this micrograph's pixels: one physical scale for a project's patches.

    "auto" while nothing else fixes it: no other micrograph has particles yet.
    """
    if library is None:
        return "auto"
    known = library.micrographs()
    others = known[known["window_px"].notna() & (known["sha256"] != micrograph.sha256)]
    if others.empty:
        return "auto"
    first = others.iloc[0]
    nm = first["pixel_size_nm"]
    both = nm is not None and np.isfinite(nm) and micrograph.pixel_size_nm
    scale = float(nm) / float(micrograph.pixel_size_nm or 1.0) if both else 1.0
    window = max(8, 2 * round(float(first["window_px"]) * scale / 2))
    if window > 2 * max(micrograph.image.shape):
        raise InputError(
            f"The pixel sizes of {micrograph.name} ({micrograph.pixel_size_nm:g} nm) and {first['name']} "
            f"({float(nm):g} nm) are too far apart for one library: check the scale or begin another library."
        )
    return window


def store_particles(
    library: ParticleLibrary, micrograph: Micrograph, found: ParticlesFound
) -> tuple[int, ParticleChange]:
    """Put found particles into the library; return the micrograph's id and what became of earlier particles.

    The measurements in nm follow the micrograph as it is now, else what the library knows: the pixel size may
    have been typed while the search ran, or on an earlier day.
    """
    micrograph_id = library.add_micrograph(micrograph)
    change = library.set_particles(
        micrograph_id, found.labels, found.table, found.patches, parameters=dict(found.parameters)
    )
    row = library.micrographs().to_dict("index")[micrograph_id]
    nm, source = row["pixel_size_nm"], str(row["pixel_size_source"] or "")
    typed_before = source == TYPED and micrograph.pixel_size_source != TYPED
    if micrograph.pixel_size_nm is not None and not typed_before:
        nm, source = micrograph.pixel_size_nm, micrograph.pixel_size_source
    if nm is not None and np.isfinite(nm):
        library.set_pixel_size(micrograph_id, float(nm), source)
    return micrograph_id, change
