"""From a micrograph to its particles: masks, measurements, patches."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
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
    from napari_ssrvae.particles.patch_parameters import PatchParameters

__all__ = [
    "TYPED",
    "ParticlesFound",
    "find_particles",
    "patches_of",
    "project_patches",
    "project_window",
    "store_particles",
]

# Shares of the whole work after which each step is done.
SEGMENTED, MEASURED = 0.6, 0.8

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
    patches: PatchParameters | None = None,
    labels: NDArray[Any] | None = None,
    source: str = "",
    window: int | str = "auto",
    size: int | None = None,
) -> Iterator[Progress | ParticlesFound]:
    """Find, measure and cut out the particles of one micrograph; to stop, stop iterating.

    A micrograph that does not fit into memory is worked through in parts.

    Parameters
    ----------
    micrograph : Micrograph
    parameters : SegmentationParameters, optional
        How to segment; ignored where `labels` is given. Lengths in nm need the micrograph's pixel size.
    patches : PatchParameters, optional
        How to cut out.
    labels : ndarray of integers, shape (H, W), optional
        A segmentation made elsewhere, taken as it is. A plain mask (one value) is split into its connected parts.
    source : str
        Where `labels` came from, for the record.
    window : int or "auto"
        Edge in pixels of the square cut around each particle; "auto" fits the largest.
    size : int, optional
        Edge of a patch, in place of that in `patches`.

    Raises
    ------
    InputError
        The segmentation does not fit the micrograph, or there is no particle in it.
    """
    from napari_ssrvae.particles import (
        SegmentationParameters,
        extract_patches,
        measure_particles,
    )
    from napari_ssrvae.particles.patch_parameters import PatchParameters

    look = patches or PatchParameters()
    if size is not None:
        look = look.model_copy(update={"size": size})
    if labels is None:
        parameters = parameters or SegmentationParameters()
        found = yield from _segmented(micrograph, parameters)
        record: dict[str, Any] = {"source": "segmentation", **parameters.model_dump(mode="json")}
    else:
        found = _foreign_labels(labels, micrograph)
        record = {"source": source or "labels made elsewhere"}
    yield Progress(SEGMENTED, "Measuring")
    table = measure_particles(
        micrograph.image, found, micrograph.pixel_size_nm, data_bar=micrograph.data_bar
    )
    yield Progress(MEASURED, "Cutting out")
    cut = extract_patches(
        micrograph.image,
        found,
        size=look.size,
        window=cast(Any, window),
        mask_neighbours=look.mask_neighbours,
        normalise=look.normalise,
        data_bar=micrograph.data_bar,
    )
    yield Progress(1.0, f"{len(table):,} particles")
    yield ParticlesFound(found, table, cut, record | {"patches": look.model_dump(mode="json")})


def _segmented(
    micrograph: Micrograph, parameters: SegmentationParameters
) -> Generator[Progress, None, NDArray[np.int32]]:
    from napari_ssrvae.particles import Segmented, iter_segment

    found: Segmented | None = None
    for event in iter_segment(
        micrograph.image,
        parameters,
        data_bar=micrograph.data_bar,
        pixel_size_nm=micrograph.pixel_size_nm,
    ):
        if isinstance(event, Segmented):
            found = event
        else:
            yield Progress(SEGMENTED * event.fraction, event.text)
    if found is None or not found.n_particles:
        raise InputError(
            f"No particles were found in {micrograph.name}: try another method or polarity, "
            "or a smaller least size."
        )
    return found.labels


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


def patches_of(row: Mapping[Any, Any]) -> PatchParameters:
    """Return how the patches of a micrograph were cut; `row` is one of `ParticleLibrary.micrographs`."""
    from napari_ssrvae.particles.patch_parameters import PatchParameters

    record = json.loads(row["parameters"]) if isinstance(row["parameters"], str) else {}
    kept = dict(record.get("patches") or {})
    known = {name: value for name, value in kept.items() if name in PatchParameters.model_fields}
    return PatchParameters(**known | {"size": int(row["patch_size"])})


def project_patches(
    library: ParticleLibrary | None, micrograph: Micrograph
) -> PatchParameters | None:
    """Return how the other micrographs of the project were cut out; None while nothing fixes it.

    All patches of a project are cut alike: a model compares them.
    """
    if library is None:
        return None
    known = library.micrographs()
    others = known[known["window_px"].notna() & (known["sha256"] != micrograph.sha256)]
    return None if others.empty else patches_of(others.iloc[0].to_dict())


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
